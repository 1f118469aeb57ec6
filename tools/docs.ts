import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { EXIT_CODES } from '../src/cli/exit-code.ts';
import { defaultOf, valuesOf } from '../src/config/help.ts';
import { variableOf } from '../src/config/option.ts';
import { OPTION_NAMES, optionOf } from '../src/config/options.ts';
import { STATUS_REASONS, STATUS_VALUE } from '../src/model/status.ts';
import { EVENTS } from '../src/telemetry/event-catalog.ts';
import { METRICS } from '../src/telemetry/metrics.ts';

/** The page whose tables are made from the code. */
export const OPERATIONS = fileURLToPath(new URL('../docs/operations.md', import.meta.url));

type Row = readonly string[];

function table(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** Every generated section by the name in its markers. */
const SECTIONS: Readonly<Record<string, () => string>> = {
  options: () =>
    table(
      ['Option', 'Variable', 'Values', 'Default', 'Commands', 'Meaning'],
      OPTION_NAMES.map((name) => {
        const option = optionOf(name);
        const flag =
          option.short === undefined
            ? code(`--${name}`)
            : `${code(`-${option.short}`)}, ${code(`--${name}`)}`;
        const variable = option.flagOnly === true ? '' : code(variableOf(name));
        const preset = option.default === undefined ? defaultOf(option) : code(option.default);
        return [flag, variable, valuesOf(option), preset, option.commands.join(', '), option.help];
      }),
    ),
  'exit-codes': () =>
    table(
      ['Code', 'Meaning'],
      EXIT_CODES.map(([exit, meaning]) => [String(exit), meaning]),
    ),
  statuses: () =>
    table(
      ['Status', 'Value of `remote_cluster_connection_status`'],
      Object.entries(STATUS_VALUE).map(([status, value]) => [code(status), String(value)]),
    ),
  reasons: () =>
    table(
      ['Reason', 'Meaning', 'What to do'],
      Object.entries(STATUS_REASONS).map(([reason, [meaning, remedy]]) => [code(reason), meaning, remedy]),
    ),
  metrics: () =>
    table(
      ['Metric', 'Type', 'Labels', 'Meaning'],
      METRICS.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]),
    ),
  events: () =>
    table(
      ['Event', 'Level', 'Meaning'],
      Object.entries(EVENTS).map(([event, { levels, help }]) => [code(event), levels, help]),
    ),
};

/**
 * The page with every generated section made anew. A section stands between `<!-- generated: NAME -->` and
 * `<!-- end of NAME -->`; throws where one is missing.
 */
export async function generate(page: string): Promise<string> {
  let filled = page;
  for (const [name, make] of Object.entries(SECTIONS)) {
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end of ${name} -->`;
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${OPERATIONS}: the markers of "${name}" are missing`);
    filled = `${filled.slice(0, from + begin.length)}\n\n${make()}\n\n${filled.slice(to)}`;
  }
  return format(filled, { ...(await resolveConfig(OPERATIONS)), parser: 'markdown' });
}

if (import.meta.main) {
  writeFileSync(OPERATIONS, await generate(readFileSync(OPERATIONS, 'utf8')));
}
