import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FileDatastore } from '../../../src/adapters/file/datastore.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { Delta } from '../../../src/model/delta.ts';
import type { Resource } from '../../../src/model/kind.ts';
import { tempDirectory } from '../../support/temp-directory.ts';

function pod(namespace: string, name: string): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, uid: `uid-${name}` },
    spec: { nodeName: 'node-1', containers: [] },
    status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
  };
}

async function list(datastore: FileDatastore, resource: Resource): Promise<readonly Delta[]> {
  const found: Delta[] = [];
  const sink = {
    apply: (deltas: readonly Delta[]) => void found.push(...deltas),
    progress: () => undefined,
    contact: () => undefined,
  };
  await datastore.list({ resource, sink, signal: new AbortController().signal });
  return found;
}

describe('an inspected export', () => {
  it('leaves out excluded namespaces', async (test) => {
    const directory = await tempDirectory(test);
    const items = [
      pod('shop', 'web'),
      pod('secret', 'db'),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'secret' } },
    ];
    await writeFile(join(directory, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const datastore = new FileDatastore(directory, systemClock, ['secret']);
    test.after(() => datastore.close());
    const pods = await list(datastore, 'workloadendpoints');
    assert.deepEqual(
      pods.map((delta) => (delta.op === 'put' ? delta.entry.namespace : delta.op)),
      ['shop'],
    );
    assert.deepEqual(await list(datastore, 'profiles.namespaces'), []);
  });

  it('is sorted in a time that grows with its size', async (test) => {
    const directory = await tempDirectory(test);
    const items = Array.from({ length: 40_000 }, (_, i) => pod('shop', `web-${i}`));
    await writeFile(join(directory, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const datastore = new FileDatastore(directory, systemClock);
    test.after(() => datastore.close());
    const startedAt = performance.now();
    assert.equal((await list(datastore, 'workloadendpoints')).length, 40_000);
    assert.ok(performance.now() - startedAt < 5_000, 'copying what was found for each object takes longer');
  });
});
