import { createHash } from 'node:crypto';
import { opendir } from 'node:fs/promises';
import type { Adapter, CheckStep, DatastoreOptions, PreparedDatastore } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { ClusterAccess } from '../../model/rcc.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FileDatastore } from './datastore.ts';
import { ObjectDirectory } from './object-directory.ts';

/** A directory of exported objects (`--inspect NAME=DIR`): for offline inspection, support cases and tests. */
export class FileAdapter implements Adapter {
  readonly type = 'file';
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  serves(access: ClusterAccess): boolean {
    return access.datastoreType === 'file';
  }

  async prepare(
    access: ClusterAccess,
    options?: Pick<DatastoreOptions, 'excludeNamespaces'>,
  ): Promise<PreparedDatastore> {
    const directory = access.directory ?? '';
    try {
      await (await opendir(directory)).close();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
      throw new DatastoreError('config', 'FileUnreadable', `directory ${directory}: ${code}`, {
        cause: error,
      });
    }
    return {
      type: 'file',
      fingerprint: createHash('sha256').update(directory).digest('hex'),
      files: [],
      open: () => new FileDatastore(directory, this.#clock, options?.excludeNamespaces),
      check: () => check(directory),
    };
  }
}

async function* check(directory: string): AsyncGenerator<CheckStep> {
  const { objects, rejected } = await new ObjectDirectory(directory).scan();
  for (const { origin, problem } of rejected) {
    yield { step: 'list', subject: origin, result: 'failed', reason: 'FileInvalid', message: problem };
  }
  yield { step: 'list', subject: directory, result: 'ok', message: `${objects.length} objects` };
}
