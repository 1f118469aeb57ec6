import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FileAdapter } from '../../src/adapters/file/adapter.ts';
import { pod } from '../support/calico-objects.ts';
import { type ConformanceRig, addressOf } from './rig.ts';

const NAMESPACE = 'shop';
/** The adapter reads when the directory has been quiet for a moment: give it moments, at the pace of the test's clock. */
const PAUSE_MS = 20;

/** A directory with a file for each object. */
export async function fileRig(directory: string): Promise<ConformanceRig> {
  const objects = join(directory, 'objects');
  await mkdir(objects);
  const write = async (name: string, ip: string): Promise<void> => {
    const hidden = join(objects, `.${name}.new`);
    await writeFile(hidden, JSON.stringify(pod({ namespace: NAMESPACE, name, node: 'node-1', ip })));
    await rename(hidden, join(objects, `${name}.json`));
    await delay(PAUSE_MS);
  };
  return {
    namespace: NAMESPACE,
    quietSpeed: 20,
    coalesces: true,
    slow: false,
    open: async ({ clock }) => {
      const prepared = await new FileAdapter(clock).prepare({
        datastoreType: 'file',
        etcd: undefined,
        kubernetes: undefined,
        directory: objects,
        overlayRoutingMode: 'Disabled',
      });
      return prepared.open();
    },
    put: (name, version) => write(name, addressOf(version)),
    delete: async (name) => {
      await rm(join(objects, `${name}.json`));
      await delay(PAUSE_MS);
    },
    break: (name) => write(name, 'nonsense'),
  };
}
