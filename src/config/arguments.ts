import { nearestName } from '../model/nearest-name.ts';
import type { CommandName } from './option.ts';
import { OPTION_NAMES, optionOf, optionsOf } from './options.ts';
import type { OptionName } from './options.ts';

/** What stands on a command line after the command, not read yet. */
export interface Arguments {
  readonly flags: ReadonlyMap<OptionName, readonly string[]>;
  readonly positionals: readonly string[];
  readonly help: boolean;
  /** Unknown flags, flags without a value, flags of other commands. */
  readonly problems: readonly string[];
}

/**
 * Splits `--flag value`, `--flag=value`, `-o value` and positionals; `--` ends the flags. A boolean flag takes a
 * value only with `=`. All problems are collected, none stops the reading.
 */
export function splitArguments(command: CommandName, argv: readonly string[]): Arguments {
  const flags = new Map<OptionName, string[]>();
  const positionals: string[] = [];
  const problems: string[] = [];
  let help = false;
  const rest = [...argv];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      positionals.push(...rest.splice(0));
    } else if (arg === '--help' || arg === '-h') {
      help = true;
    } else if (arg.startsWith('-') && arg !== '-') {
      const flag = readFlag(command, arg, rest);
      if ('problem' in flag) problems.push(flag.problem);
      else flags.set(flag.name, [...(flags.get(flag.name) ?? []), flag.value]);
    } else {
      positionals.push(arg);
    }
  }
  problems.push(...repeated(flags));
  return { flags, positionals, help, problems };
}

type Flag = { readonly name: OptionName; readonly value: string } | { readonly problem: string };

/** Reads one flag and takes its value from `rest` if it is not part of `arg`. */
function readFlag(command: CommandName, arg: string, rest: string[]): Flag {
  const [written, inline] = splitOnce(arg, '=');
  const name = flagName(written);
  const problem = name === undefined ? unknownFlag(command, written) : foreignFlag(command, name);
  if (name === undefined || problem !== undefined) {
    // What follows a flag that we cannot use is most likely its value.
    if (inline === undefined && rest[0]?.startsWith('-') === false) rest.shift();
    return { problem: problem ?? '' };
  }
  const value = inline ?? valueOf(name, rest);
  return value === undefined ? { problem: `${written} needs a value` } : { name, value };
}

function repeated(flags: ReadonlyMap<OptionName, readonly string[]>): readonly string[] {
  const problems: string[] = [];
  for (const [name, values] of flags) {
    const { type } = optionOf(name);
    if (values.length > 1 && type !== 'list' && type !== 'directories') {
      problems.push(`--${name} is given ${values.length} times`);
    }
  }
  return problems;
}

function splitOnce(text: string, at: string): readonly [string, string | undefined] {
  const i = text.indexOf(at);
  return i < 0 ? [text, undefined] : [text.slice(0, i), text.slice(i + at.length)];
}

function flagName(written: string): OptionName | undefined {
  return OPTION_NAMES.find(
    (name) => written === `--${name}` || written === `-${optionOf(name).short ?? '-'}`,
  );
}

function valueOf(name: OptionName, rest: string[]): string | undefined {
  if (optionOf(name).type === 'boolean') return 'true';
  const next = rest[0];
  // `--kubeconfig --inspect a=b` is a forgotten value.
  return next === undefined || next.startsWith('--') ? undefined : rest.shift();
}

function unknownFlag(command: CommandName, written: string): string {
  const near = nearestName(
    written,
    optionsOf(command).map((name) => `--${name}`),
  );
  return `unknown option ${written.slice(0, 100)}${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function foreignFlag(command: CommandName, name: OptionName): string | undefined {
  const { commands } = optionOf(name);
  if (commands.includes(command)) return undefined;
  return `--${name} is not an option of "${command}" but of ${commands.map((other) => `"${other}"`).join(', ')}`;
}
