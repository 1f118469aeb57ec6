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
  apiUsers: [],
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
    assert.equal(local.api, undefined);
    assert.equal(local.services, undefined);
    await local.close();
  });

  it('is missed where the Kubernetes source was asked for', async () => {
    await assert.rejects(openLocalCluster({ ...options, offline: false }, host), /not in a pod/);
  });

  it('is needed by a controller, whatever the sources are', async () => {
    const needy = { ...options, apiUsers: ['--controllers federated-services'] };
    const wrong = { reaction: 'config', message: /^--controllers federated-services needs .*: not in a pod/ };
    await assert.rejects(openLocalCluster(needy, host), wrong);
    await assert.rejects(openLocalCluster({ ...needy, offline: false, rccSources: [] }, host), wrong);
    const missing = { ...needy, offline: false, rccSources: [], kubeconfig: '/no/such/kubeconfig' };
    await assert.rejects(openLocalCluster(missing, host), { reaction: 'config', message: /\/no\/such/ });
  });
});
