import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A directory that goes away with the test. */
export async function tempDirectory(test: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fedsyncd-test-'));
  test.after(() => rm(path, { recursive: true, force: true }));
  return path;
}
