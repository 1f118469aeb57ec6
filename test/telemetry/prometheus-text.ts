import assert from 'node:assert/strict';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y;

/**
 * Reads the Prometheus text format, version 0.0.4, and fails on what a scraper would refuse: a line that is none, a
 * family twice or in pieces, a sample of no family, a series twice, no line feed at the end.
 */
export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const families = new Map<string, Family & { samples: Sample[] }>();
  const series = new Set<string>();
  let help: { readonly name: string; readonly text: string } | undefined;
  let current: (Family & { samples: Sample[] }) | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const meta = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (meta?.[1] === 'HELP') {
      help = { name: meta[2] ?? '', text: meta[3] ?? '' };
    } else if (meta?.[1] === 'TYPE') {
      const [, , name = '', type = ''] = meta;
      assert.equal(help?.name, name, `TYPE without HELP: ${line}`);
      assert.ok(!families.has(name), `${name} twice`);
      current = { name, type, help: help.text, samples: [] };
      families.set(name, current);
    } else {
      const sample = parseSample(line);
      assert.ok(current !== undefined && familyOf(sample.name, current) === current.name, `stray: ${line}`);
      const key = line.slice(0, line.lastIndexOf(' '));
      assert.ok(!series.has(key), `${key} twice`);
      series.add(key);
      current.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): Sample {
  const match = LINE.exec(line);
  assert.ok(match, `no sample: ${line}`);
  const [, name = '', labelText = '', value = ''] = match;
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelText.length) {
    const label = LABEL.exec(labelText);
    assert.ok(label, `labels of ${line}`);
    labels[label[1] ?? ''] = (label[2] ?? '').replaceAll(/\\(["\\n])/g, (_, c: string) =>
      c === 'n' ? '\n' : c,
    );
  }
  return { name, labels, value: numberOf(value) };
}

export function numberOf(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  assert.ok(text !== '' && !Number.isNaN(value), `no number: ${text}`);
  return value;
}

function familyOf(sample: string, { name, type }: Family): string {
  return type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample === name ? name : '';
}
