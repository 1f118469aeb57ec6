import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'fedsyncd-skips-'));
const suite = join(directory, 'a.test.ts');
writeFileSync(
  suite,
  `import { it } from 'node:test';
import { withServers } from ${JSON.stringify(join(import.meta.dirname, 'suite.ts'))};
it('passes', () => {});
withServers('needy', ['etcd'], () => {});
`,
);

function runTests(ci: string): { status: number | null; lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'test/run.ts'), suite], {
    encoding: 'utf8',
    // No cache, no assets, and no Go to build with.
    env: { CI: ci, HOME: directory, PATH: '/nonexistent' },
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

describe('a machine without real servers', () => {
  after(() => rmSync(directory, { recursive: true }));

  it('skips by name, says the remedy, and ends with the counts of the runner', () => {
    const { status, lines } = runTests('');
    assert.equal(status, 0, lines.join('\n'));
    const told = lines.findIndex((line) =>
      /skipped: needy: no etcd here; remedy: npm run servers/.test(line),
    );
    const counts = lines.findIndex((line) => /^. tests 1$/.test(line));
    assert.ok(told > 0 && told < counts, lines.join('\n'));
    assert.match(lines.at(-1) ?? '', /duration_ms/);
  });

  it('fails in CI', () => {
    const { status, lines } = runTests('true');
    assert.equal(status, 1, lines.join('\n'));
    assert.ok(lines.some((line) => /^. fail 1$/.test(line)));
  });
});
