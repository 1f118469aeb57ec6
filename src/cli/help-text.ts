import { optionsHelp, wrap } from '../config/help.ts';
import { optionsOf } from '../config/options.ts';
import type { Command } from './command.ts';
import { COMMAND_TABLE } from './commands.ts';
import { EXIT_CODES } from './exit-code.ts';

/** The answer to `fedsyncd --help`. */
export function overviewHelp(): string {
  const width = Math.max(...COMMAND_TABLE.map(({ name }) => name.length));
  const commands = COMMAND_TABLE.flatMap(({ name, summary }) =>
    wrap(summary, 96 - width).map((line, i) => `  ${(i === 0 ? name : '').padEnd(width)}  ${line}`),
  );
  return [
    'Usage: fedsyncd COMMAND [OPTIONS]',
    '',
    'One live, merged picture of the endpoints and services of many Calico clusters.',
    '',
    'Commands:',
    ...commands,
    '',
    '"fedsyncd COMMAND --help" shows the options of a command.',
    '',
    exitCodes(),
    '',
  ].join('\n');
}

/** The answer to `fedsyncd COMMAND --help`. */
export function commandHelp({ name, summary, positionals }: Command): string {
  const hasOptions = optionsOf(name).length > 0;
  const usage = ['Usage: fedsyncd', name, hasOptions ? '[OPTIONS]' : '', positionals].filter(
    (part) => part !== '',
  );
  return [
    usage.join(' '),
    '',
    ...wrap(summary, 98),
    '',
    ...(hasOptions
      ? [
          'Options (a flag beats its variable; lists may be repeated or separated by commas):',
          optionsHelp(name),
          '',
        ]
      : []),
    exitCodes(),
    '',
  ].join('\n');
}

function exitCodes(): string {
  return [
    'Exit codes:',
    ...EXIT_CODES.flatMap(([code, meaning]) =>
      wrap(meaning, 95).map((line, i) => `  ${i === 0 ? code : ' '}  ${line}`),
    ),
  ].join('\n');
}
