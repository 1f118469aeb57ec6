/** The commands of `fedsyncd`. */
export const COMMANDS = [
  'run',
  'check',
  'status',
  'explain',
  'plan',
  'cleanup',
  'kubeconfig',
  'demo',
  'version',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The form of an option's value. Every reader takes one text and gives a value or says what is wrong. */
export type OptionType =
  | { readonly type: 'string' }
  /** Repeated flags and comma lists may be mixed. */
  | { readonly type: 'list'; readonly of?: readonly string[] }
  /** `NAME=DIR`, repeated or as a comma list. */
  | { readonly type: 'directories' }
  /** `250ms`, `60s`, `5m`, `1h`, `1h30m`; the value is milliseconds. */
  | { readonly type: 'duration'; readonly min: number; readonly max: number }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'enum'; readonly of: readonly string[] }
  /** `HOST:PORT`, IPv6 in brackets. Port 0 lets the system choose. */
  | { readonly type: 'address' };

/** One line of the option table: everything that the parser, `--help` and the operators' page need. */
export type OptionDefinition = OptionType & {
  /** Of the value, in help: `PATH`, `DURATION`. */
  readonly placeholder: string;
  /** One sentence. */
  readonly help: string;
  /** As a user would write it; absent = not set. */
  readonly default?: string;
  /** In words, where the default depends on other options. */
  readonly defaultText?: string;
  readonly commands: readonly CommandName[];
  /** One letter. */
  readonly short?: string;
  /** The value never appears in a message. */
  readonly secret?: true;
  /** No variable: it belongs to one call, not to a pod. */
  readonly flagOnly?: true;
};

/** `FEDSYNCD_` and the flag in upper snake case. */
export function variableOf(flag: string): string {
  return `FEDSYNCD_${flag.replaceAll('-', '_').toUpperCase()}`;
}
