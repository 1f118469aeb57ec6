import { parseOptions } from '../config/parse.ts';
import type { Environment } from '../config/environment.ts';
import { nearestName } from '../model/nearest-name.ts';
import { printable } from '../model/printable.ts';
import { UsageError } from './command.ts';
import type { Command, CommandContext } from './command.ts';
import { COMMAND_TABLE } from './commands.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { commandHelp, overviewHelp } from './help-text.ts';

export type Surroundings = Omit<CommandContext, 'values' | 'positionals'> & {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
  readonly environment: Environment;
};

/** Runs one command line to its end; resolves with the exit code. Every expected failure has its message printed. */
export async function dispatch(surroundings: Surroundings): Promise<ExitCode> {
  const { argv, terminal } = surroundings;
  const [first, ...rest] = argv;
  if (first === '--help' || first === '-h' || first === 'help') {
    const command = COMMAND_TABLE.find(({ name }) => name === rest[0]);
    terminal.out(command === undefined ? overviewHelp() : commandHelp(command));
    return EXIT.ok;
  }
  if (first === undefined) {
    terminal.err(overviewHelp());
    return EXIT.usage;
  }
  const wanted = first === '--version' ? 'version' : first;
  const command = COMMAND_TABLE.find(({ name }) => name === wanted);
  if (command === undefined) return refuse(surroundings, [unknownCommand(first)], 'fedsyncd --help');
  try {
    return await runCommandLine(command, rest, surroundings);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return refuse(surroundings, error.problems, `fedsyncd ${command.name} --help`);
  }
}

async function runCommandLine(
  command: Command,
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const parsed = parseOptions(command.name, argv, surroundings.environment);
  if (!parsed.ok) throw new UsageError(parsed.problems);
  const { values, positionals, help } = parsed;
  if (help) {
    surroundings.terminal.out(commandHelp(command));
    return EXIT.ok;
  }
  if (positionals.length < command.minPositionals)
    throw new UsageError([`${command.positionals} is missing`]);
  const extra = positionals[command.maxPositionals];
  if (extra !== undefined)
    throw new UsageError([`unexpected argument ${JSON.stringify(extra.slice(0, 100))}`]);
  const run = await command.load();
  return run({ ...surroundings, values, positionals });
}

function unknownCommand(name: string): string {
  const near = nearestName(
    name,
    COMMAND_TABLE.map((command) => command.name),
  );
  return `unknown command ${JSON.stringify(name.slice(0, 100))}${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function refuse({ terminal }: Surroundings, problems: readonly string[], help: string): ExitCode {
  for (const problem of problems) terminal.err(`fedsyncd: ${printable(problem)}\n`);
  terminal.err(`See "${help}".\n`);
  return EXIT.usage;
}
