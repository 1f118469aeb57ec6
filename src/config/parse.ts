import { splitArguments } from './arguments.ts';
import { readEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { BadValue, readOption } from './option-value.ts';
import type { Address, NamedDirectory, OptionValue } from './option-value.ts';
import { variableOf } from './option.ts';
import type { CommandName } from './option.ts';
import { OPTIONS, optionOf, optionsOf } from './options.ts';
import type { OptionName } from './options.ts';

interface TypeOfValue {
  string: string;
  list: readonly string[];
  directories: readonly NamedDirectory[];
  duration: number;
  integer: number;
  boolean: boolean;
  enum: string;
  address: Address;
}
type ValueOf<N extends OptionName> = TypeOfValue[(typeof OPTIONS)[N]['type']];
type Defaulted<N extends OptionName> = (typeof OPTIONS)[N] extends { readonly default: string }
  ? never
  : undefined;

/** The values of all options: as given, else the default, else undefined. Durations in milliseconds. */
export type Values = { readonly [N in OptionName]: ValueOf<N> | Defaulted<N> };

export type Parsed =
  | {
      readonly ok: true;
      readonly help: boolean;
      readonly values: Values;
      readonly positionals: readonly string[];
    }
  /** Everything that is wrong, one sentence each. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads command line and environment by the option table: a flag beats its variable, that beats the default.
 * Variables of options of other commands are not read (all commands of a pod share one environment).
 */
export function parseOptions(
  command: CommandName,
  argv: readonly string[],
  environment: Environment,
): Parsed {
  const args = splitArguments(command, argv);
  const variables = readEnvironment(environment);
  const problems = [...args.problems, ...variables.problems];
  const values: Partial<Record<OptionName, OptionValue>> = {};
  const own = optionsOf(command);
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const flag = args.flags.get(name);
    const variable = own.includes(name) ? variables.values.get(name) : undefined;
    const texts = flag ?? textOf(variable) ?? textOf(optionOf(name).default);
    if (texts === undefined) continue;
    try {
      values[name] = readOption(optionOf(name), texts);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      problems.push(`${flag === undefined ? variableOf(name) : `--${name}`} ${error.message}`);
    }
  }
  if (args.help) return { ok: true, help: true, values: values as Values, positionals: args.positionals };
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, help: false, values: values as Values, positionals: args.positionals };
}

function textOf(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : [text];
}
