import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EXIT_CODES } from '../../src/cli/exit-code.ts';
import { COMMAND_TABLE } from '../../src/cli/commands.ts';
import { variableOf } from '../../src/config/option.ts';
import { OPTION_NAMES } from '../../src/config/options.ts';
import { STATUS_REASONS, STATUS_VALUE } from '../../src/model/status.ts';
import { EVENTS } from '../../src/telemetry/event-catalog.ts';
import { HISTOGRAMS, METRICS } from '../../src/telemetry/metrics.ts';
import { codeSpans, page, pages, root } from './pages.ts';

const metrics = new Set([
  ...METRICS.map(({ name }) => name),
  ...HISTOGRAMS.flatMap(({ name }) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);
const flags = new Set(OPTION_NAMES.map((name) => `--${name}`));
const variables = new Set(OPTION_NAMES.map(variableOf));
const events = new Set(Object.keys(EVENTS));
const families = new Set([...events].map((event) => event.split('.')[0]));
/** Flags of other programs, as they stand in commands. */
const FOREIGN =
  /\b(kubectl|docker|etcdctl|jsonpath|node --|git|npm|base64|apt-get|\$secret|grep)\b|^\s+--from-(literal|file)=/;
const IGNORED_VARIABLES = /^FEDSYNCD_(SERVICE_HOST|PORT_)/;

describe('names in the docs', () => {
  for (const { path, text } of pages) {
    it(`${path}: metrics`, () => {
      for (const [name] of text.matchAll(/\bfedsyncd_[a-z_]*[a-z]\b/g))
        assert.ok(metrics.has(name), `no metric ${name}`);
    });

    it(`${path}: options and variables`, () => {
      for (const line of text.split('\n')) {
        if (FOREIGN.test(line)) continue;
        for (const [, flag = ''] of line.matchAll(/(?<![\w-])(--[a-z][a-z-]+)/g)) {
          if (flag !== '--help') assert.ok(flags.has(flag), `no option ${flag}: ${line}`);
        }
        for (const [name] of line.matchAll(/\bFEDSYNCD_[A-Z_]+/g)) {
          if (name === 'FEDSYNCD_' || IGNORED_VARIABLES.test(name)) continue;
          assert.ok(variables.has(name), `no variable ${name}: ${line}`);
        }
      }
    });

    it(`${path}: events, commands, reasons`, () => {
      for (const span of codeSpans(text)) {
        const [family = ''] = span.split('.');
        if (/^[a-z]+\.[a-z]+$/.test(span) && families.has(family) && !/\.(ts|yaml)$/.test(span))
          assert.ok(events.has(span), `no event ${span}`);
        const command = /^(?:npx )?fedsyncd ([a-z]+)\b/.exec(span)?.[1];
        if (command !== undefined)
          assert.ok(
            COMMAND_TABLE.some(({ name }) => name === command),
            `no command ${command}`,
          );
      }
    });
  }

  it('README.md: npm scripts', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const path of ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/operations.md']) {
      for (const [, name = ''] of page(path).text.matchAll(/npm run ([a-z:]+)/g))
        assert.ok(scripts[name] !== undefined, `${path}: no script ${name}`);
    }
  });

  it('architecture: statuses with their values, and exit codes', () => {
    const { text } = page('docs/architecture.md');
    for (const [, status = '', value = ''] of text.matchAll(/`([A-Z]\w+)` \((\d)\)/g))
      assert.equal(STATUS_VALUE[status as keyof typeof STATUS_VALUE], Number(value), status);
    for (const name of ['SourceMissing', 'DuplicateOf', 'IdentityOnly'])
      assert.ok(text.includes(`\`${name}\``) && name in STATUS_REASONS, name);
    const listed = [...(/Exit codes: ([^\n]+)/.exec(text)?.[1] ?? '').matchAll(/\d/g)].map(Number);
    assert.deepEqual(
      listed,
      EXIT_CODES.map(([code]) => code),
    );
  });
});
