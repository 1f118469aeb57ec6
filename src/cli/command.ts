import type { DaemonConfig } from '../config/daemon-config.ts';
import type { CommandName } from '../config/option.ts';
import type { Values } from '../config/parse.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { LocalApi } from '../contract/local-api.ts';
import type { RccSource } from '../contract/rcc-source.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ExitCode } from './exit-code.ts';

/** Where a command writes. Text from elsewhere must have gone through `printable` before. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** A person looks at it: a live display may redraw. */
  readonly interactive: boolean;
}

export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGUSR2';

/** The process as far as commands need it. */
export interface ProcessControl {
  /** Calls `handler` on each such signal; returns the way to stop that. */
  readonly onSignal: (signal: SignalName, handler: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** A running daemon. */
export interface DaemonHandle {
  /** `host:port` that the ops server is bound to. */
  readonly opsAddress: string;
  /** `host:port` of the feed; undefined = there is none. */
  readonly feedAddress: string | undefined;
  /** Resolves when the daemon has ended; rejects when it broke. */
  readonly closed: Promise<void>;
  /** Resolves when everything is closed. */
  readonly stop: (signal: string) => Promise<void>;
  /** Switches debug lines of the log on and off. */
  readonly toggleDebug: () => void;
}

/** What the entry file brings along; loaded only when called, so that small commands start fast. */
export interface Wiring {
  readonly startDaemon: (config: DaemonConfig) => Promise<DaemonHandle>;
  /** The configured sources of RCCs in order of precedence, not running yet. */
  readonly rccSources: (config: DaemonConfig) => Promise<readonly RccSource[]>;
  readonly adapters: () => Promise<readonly Adapter[]>;
  /** The local cluster's API, with the Lease of its daemons. Rejects where there is no access to it. */
  readonly localCluster: (values: Values) => Promise<LocalClusterHandle>;
}

/** A connection to the local cluster. */
export interface LocalClusterHandle {
  readonly api: LocalApi;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly close: () => Promise<void>;
}

export interface CommandContext {
  readonly version: string;
  readonly values: Values;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
  readonly process: ProcessControl;
  readonly clock: Clock;
  readonly wiring: Wiring;
}

export type CommandRun = (context: CommandContext) => Promise<ExitCode>;

export interface Command {
  readonly name: CommandName;
  readonly summary: string;
  /** Shown in the usage line: `[NAME…]`. */
  readonly positionals: string;
  readonly minPositionals: number;
  readonly maxPositionals: number;
  readonly load: () => Promise<CommandRun>;
}

/** Wrong usage or configuration: the command ends with exit code 2 and these sentences. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}
