import { readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { EXIT_CODES } from '../src/cli/exit-code.ts';
import { defaultOf, valuesOf } from '../src/config/help.ts';
import { variableOf } from '../src/config/option.ts';
import { OPTION_NAMES, optionOf } from '../src/config/options.ts';
import { STATUS_REASONS, STATUS_VALUE } from '../src/model/status.ts';
import { EVENTS } from '../src/telemetry/event-catalog.ts';
import { HISTOGRAMS, METRICS } from '../src/telemetry/metrics.ts';
import { FEED_RESOURCES } from '../src/feed/objects/feed-resources.ts';
import { FEED_DIFFERENCES } from './feed-differences.ts';
import { rooms } from './rooms.ts';

/** Pages that have tables made from the code. */
export const OPERATIONS = fileURLToPath(new URL('../docs/operations.md', import.meta.url));
export const ARCHITECTURE = fileURLToPath(new URL('../docs/architecture.md', import.meta.url));

export const FEED = fileURLToPath(new URL('../docs/feed.md', import.meta.url));

type Row = readonly string[];

interface Section {
  /** The lines between which it stands. */
  readonly begin: string;
  readonly end: string;
  readonly make: () => string;
}

function table(header: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

function section(name: string, make: () => string): Section {
  return { begin: `<!-- generated: ${name} -->`, end: `<!-- end of ${name} -->`, make };
}

/** Every generated section by its page. */
const PAGES: Readonly<Record<string, readonly Section[]>> = {
  [OPERATIONS]: [
    section('options', () =>
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
    ),
    section('exit-codes', () =>
      table(
        ['Code', 'Meaning'],
        EXIT_CODES.map(([exit, meaning]) => [String(exit), meaning]),
      ),
    ),
    section('statuses', () =>
      table(
        ['Status', 'Value of `remote_cluster_connection_status`'],
        Object.entries(STATUS_VALUE).map(([status, value]) => [code(status), String(value)]),
      ),
    ),
    section('reasons', () =>
      table(
        ['Reason', 'Meaning', 'What to do'],
        Object.entries(STATUS_REASONS).map(([reason, [meaning, remedy]]) => [code(reason), meaning, remedy]),
      ),
    ),
    section('metrics', () =>
      table(
        ['Metric', 'Type', 'Labels', 'Meaning'],
        [
          ...METRICS.map(({ name, type, labels, help }) => [
            code(name),
            type,
            labels.map(code).join(', '),
            help,
          ]),
          ...HISTOGRAMS.map(({ name, help }) => [code(name), 'histogram', '', help]),
        ],
      ),
    ),
    section('events', () =>
      table(
        ['Event', 'Level', 'Meaning'],
        Object.entries(EVENTS).map(([event, { levels, help }]) => [code(event), levels, help]),
      ),
    ),
  ],
  [FEED]: [
    section('resources', () =>
      table(
        ['Resource', 'Group', 'Short names', 'Namespaced', 'Field selectors beyond name and namespace'],
        Object.values(FEED_RESOURCES).map(({ plural, group, version, shortNames, namespaced, fields }) => [
          code(plural),
          code(group === '' ? version : `${group}/${version}`),
          shortNames.map(code).join(', '),
          namespaced ? 'yes' : '',
          fields.map(code).join(', '),
        ]),
      ),
    ),
    section('differences', () =>
      table(
        ['Asked', 'kube-apiserver', 'fedsyncd', 'Why'],
        FEED_DIFFERENCES.map(({ requests, apiserver, feed, why }) => [
          requests.join('; '),
          code(apiserver),
          code(feed),
          why,
        ]),
      ),
    ),
  ],
  [ARCHITECTURE]: [
    {
      begin: '<!-- rooms:begin -->',
      end: '<!-- rooms:end -->',
      make: () =>
        table(
          ['Room', 'May import', 'npm packages', 'Of Node'],
          Object.entries(rooms).map(([room, { rooms: others, packages }]) => [
            code(room),
            others.map(code).join(', '),
            packages.filter((name) => !isBuiltin(name)).join(', '),
            packages
              .filter((name) => isBuiltin(name))
              .map((name) => name.slice('node:'.length))
              .join(', '),
          ]),
        ),
    },
  ],
};

/**
 * The page with every generated section made anew; `page` is its present text, `file` says which page it is. Throws
 * where the markers of a section are missing.
 */
export async function generate(page: string, file: string = OPERATIONS): Promise<string> {
  let filled = page;
  for (const { begin, end, make } of PAGES[file] ?? []) {
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${file}: the markers ${begin} and ${end} are missing`);
    filled = `${filled.slice(0, from + begin.length)}\n\n${make()}\n\n${filled.slice(to)}`;
  }
  return format(filled, { ...(await resolveConfig(file)), parser: 'markdown' });
}

if (import.meta.main) {
  for (const file of Object.keys(PAGES))
    writeFileSync(file, await generate(readFileSync(file, 'utf8'), file));
}
