import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { FileWatcher } from '../../src/runtime/file-watcher.ts';
import { Received } from '../support/received.ts';
import { tempDirectory } from '../support/temp-directory.ts';

async function watching(
  test: TestContext,
  paths: readonly string[],
  pollMs = 60_000,
): Promise<Received<number>> {
  const changes = new Received<number>();
  const options = { clock: systemClock, pollMs, settleMs: 10 };
  const watcher = new FileWatcher(options, () => changes.push(changes.all.length + 1));
  await watcher.set(paths);
  const controller = new AbortController();
  const running = watcher.run(controller.signal);
  test.after(async () => {
    controller.abort(new Error('test over'));
    await running;
  });
  return changes;
}

describe('FileWatcher', () => {
  it('sees new content, replacement by rename, removal and return', async (test) => {
    const directory = await tempDirectory(test);
    const file = join(directory, 'a');
    await writeFile(file, 'one');
    const changes = await watching(test, [file]);
    await writeFile(file, 'two!');
    await changes.until('new content', (n) => n === 1);
    await writeFile(join(directory, 'b'), 'three');
    await rename(join(directory, 'b'), file);
    await changes.until('replacement', (n) => n === 2);
    await rm(file);
    await changes.until('removal', (n) => n === 3);
    await writeFile(file, 'four');
    await changes.until('return', (n) => n === 4);
  });

  it('looks between two writes where a directory never comes to rest', async (test) => {
    const directory = await tempDirectory(test);
    const changes = await watching(test, [directory]);
    const stop = new AbortController();
    const writer = (async (): Promise<void> => {
      for (let i = 0; !stop.signal.aborted; i++) await writeFile(join(directory, `f${i % 50}`), String(i));
    })();
    try {
      await changes.until('a change while it is written to', (n) => n >= 1);
    } finally {
      stop.abort();
      await writer;
    }
  });

  it('sees the ..data swap of a mounted Secret', async (test) => {
    const directory = await tempDirectory(test);
    for (const [generation, text] of [
      ['..1', 'old'],
      ['..2', 'new'],
    ] as const) {
      await mkdir(join(directory, generation));
      await writeFile(join(directory, generation, 'token'), text);
    }
    await symlink('..1', join(directory, '..data'));
    await symlink('..data/token', join(directory, 'token'));
    const changes = await watching(test, [join(directory, 'token')]);
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await changes.until('the swap', (n) => n === 1);
  });

  it('sees by polling what sends no event, such as a directory that is not there yet', async (test) => {
    const directory = await tempDirectory(test);
    const file = join(directory, 'later', 'deeper', 'a');
    const changes = await watching(test, [file], 20);
    await mkdir(join(directory, 'later', 'deeper'), { recursive: true });
    await writeFile(file, 'one');
    await changes.until('the file', (n) => n === 1);
  });

  it('is silent about other files', async (test) => {
    const directory = await tempDirectory(test);
    const file = join(directory, 'a');
    await writeFile(file, 'one');
    const changes = await watching(test, [file]);
    await writeFile(join(directory, 'other'), 'x');
    await writeFile(file, 'two!');
    await changes.until('the file', (n) => n >= 1);
    assert.equal(changes.all.length, 1);
  });
});
