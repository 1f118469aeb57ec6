import { formatDuration } from './option-value.ts';
import { variableOf } from './option.ts';
import type { CommandName, OptionDefinition } from './option.ts';
import { optionOf, optionsOf } from './options.ts';
import type { OptionName } from './options.ts';

const WIDTH = 100;

/** The options of a command as `--help` shows them; '' where it has none. */
export function optionsHelp(command: CommandName): string {
  return optionsOf(command).map(optionHelp).join('\n');
}

function optionHelp(name: OptionName): string {
  const option = optionOf(name);
  const short = option.short === undefined ? '' : `-${option.short}, `;
  const value = option.placeholder === '' ? '' : ` ${option.placeholder}`;
  const facts = [`Default: ${defaultOf(option)}.`];
  if (option.flagOnly !== true) facts.push(`Variable: ${variableOf(name)}.`);
  const lines = [...wrap(option.help), ...wrap(facts.join(' '))];
  return [`  ${short}--${name}${value}`, ...lines.map((line) => `      ${line}`)].join('\n');
}

/** The default of an option in words. */
export function defaultOf(option: OptionDefinition): string {
  return option.default ?? option.defaultText ?? 'none';
}

/** What an option's value may be, in words. */
export function valuesOf(option: OptionDefinition): string {
  switch (option.type) {
    case 'string':
      return 'text';
    case 'list':
      return option.of === undefined ? 'list' : `list of ${option.of.join(', ')}`;
    case 'directories':
      return 'list of NAME=DIR';
    case 'boolean':
      return 'true, false';
    case 'enum':
      return option.of.join(', ');
    case 'integer':
      return `${option.min} to ${option.max}`;
    case 'duration':
      return `${formatDuration(option.min)} to ${formatDuration(option.max)}`;
    case 'address':
      return 'HOST:PORT';
  }
}

/** Breaks a text at blanks so that no line of the help is wider than a terminal. */
export function wrap(text: string, width: number = WIDTH - 6): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
