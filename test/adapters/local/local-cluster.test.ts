import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openLocalCluster, type LocalClusterOptions } from '../../../src/adapters/local-cluster.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { seededRandom } from '../../../src/runtime/random.ts';

const options: LocalClusterOptions = {
  rccSources: ['kubernetes'],
  offline: true,
  rccDirectory: undefined,
  kubeconfig: undefined,
  localEtcd: undefined,
  inspect: [{ name: 'export', directory: '/export' }],
  datastore: {
    connectTimeoutMs: 1_000,
    requestTimeoutMs: 1_000,
    maxObjectBytes: 1 << 20,
    excludeNamespaces: [],
  },
};
const host = { clock: systemClock, random: seededRandom(1), environment: {} };

describe('local cluster', () => {
  it('is not needed to inspect an export outside a pod', async () => {
    const local = await openLocalCluster(options, host);
    assert.deepEqual(
      local.sources.map(({ name }) => name),
      ['inspect'],
    );
    assert.deepEqual(await local.identify(new AbortController().signal), []);
    await local.close();
  });

  it('is missed where the Kubernetes source was asked for', async () => {
    await assert.rejects(openLocalCluster({ ...options, offline: false }, host), /not in a pod/);
  });
});
