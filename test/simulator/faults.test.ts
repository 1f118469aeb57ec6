import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { SimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { World } from '../../src/simulator/world.ts';
import { until, within } from '../rig/deadline.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { EtcdClient } from './etcd-client.ts';
import { WORKLOADS } from './etcd-fixture.ts';
import { EventReader, get, open } from './http-client.ts';

interface Fixture {
  readonly cluster: SimulatedCluster;
  readonly api: string;
  readonly etcd: string;
  readonly clock: FakeClock;
}

async function clusterFixture(test: TestContext): Promise<Fixture> {
  const world = new World({ seed: 2, endpoints: 20, services: 2, etcd: true });
  const clock = new FakeClock();
  const cluster = new SimulatedCluster({
    name: 'one',
    style: 'etcdv3-kubernetes',
    world,
    clock,
  });
  await cluster.start();
  test.after(async () => {
    cluster.unfreeze();
    await cluster.stop();
  });
  return {
    cluster,
    api: cluster.kubernetes?.listener.url ?? '',
    etcd: cluster.etcd?.listener.url ?? '',
    clock,
  };
}

describe('faults of a simulated cluster', () => {
  it('stops: connections end and are refused; starts on the same ports with the data of now', async (test) => {
    const { cluster, api, etcd } = await clusterFixture(test);
    const revision = cluster.world.store.revision;
    const watch = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${revision}`));
    const client = new EtcdClient(etcd);
    await client.range(WORKLOADS);
    const closed = new Promise((resolve) => client.session.once('close', resolve));
    await cluster.stop();
    assert.equal(cluster.running, false);
    await assert.rejects(watch.raw());
    await within('the end of the session', closed);
    await assert.rejects(get(`${api}/livez`), /ECONNREFUSED/);
    const fresh = cluster.world.deployments.replace(0, 1_800_000_000_000);
    await cluster.start();
    const resumed = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${revision}`));
    const events = await resumed.take(3);
    assert.equal(events[2]?.object.metadata.resourceVersion, String(fresh.revision));
    resumed.answer.abort();
  });

  it('freezes: accepts but answers nothing, not even a ping, and goes on afterwards', async (test) => {
    const { cluster, api } = await clusterFixture(test);
    const session = connect(api);
    test.after(() => session.destroy());
    session.on('error', () => undefined);
    const ping = (): Promise<void> => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      session.ping((error) => (error ? reject(error) : resolve()));
      return promise;
    };
    await within('a connection', once(session, 'connect'));
    await within('a ping', ping());
    const revision = cluster.world.store.revision;
    const watch = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${revision}`));
    cluster.freeze();
    cluster.world.deployments.setReady(0, false);
    const old = ping();
    const fresh = get(`${api}/livez`);
    const event = watch.next();
    // What is still silent when the test fails must not fail it a second time.
    for (const promise of [old, fresh, event]) promise.catch(() => undefined);
    const silent = Promise.race([old, fresh, event]);
    await assert.rejects(within('silence', silent, 300), /not within/);
    await until('the new connection', () => cluster.kubernetes?.listener.connections === 3);
    cluster.unfreeze();
    await within('the old ping', old);
    assert.equal((await within('the answer', fresh)).status, 200);
    assert.equal((await event).type, 'MODIFIED');
    watch.answer.abort();
  });

  it('ends a watch that timed out while frozen as soon as it is no longer', async (test) => {
    const { cluster, api, clock } = await clusterFixture(test);
    const path = `${api}/api/v1/pods?watch=1&timeoutSeconds=5&resourceVersion=${cluster.world.store.revision}`;
    const watch = new EventReader(await open(path));
    cluster.freeze();
    await clock.advance(5000);
    assert.equal(cluster.kubernetes?.watches, 1);
    cluster.unfreeze();
    assert.equal(await watch.raw(), undefined);
  });

  it('cuts every connection and accepts new ones', async (test) => {
    const { cluster, api } = await clusterFixture(test);
    const revision = cluster.world.store.revision;
    const watch = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${revision}`));
    cluster.cut();
    await assert.rejects(watch.raw());
    assert.equal((await get(`${api}/livez`)).status, 200);
    await until('the watch is forgotten', () => cluster.kubernetes?.watches === 0);
  });

  it('expires the history of both servers', async (test) => {
    const { cluster, api, etcd } = await clusterFixture(test);
    const old = cluster.world.store.revision;
    cluster.world.deployments.touch(0);
    cluster.expireHistory();
    const watch = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${old}`));
    assert.equal((await watch.next()).object.code, 410);
    const client = new EtcdClient(etcd);
    test.after(() => client.close());
    await assert.rejects(client.range({ ...WORKLOADS, revision: old }), /compacted/);
  });

  it('resets: same data, revision goes on, history is gone', async (test) => {
    const { cluster, api } = await clusterFixture(test);
    cluster.world.deployments.touch(0);
    const before = cluster.expectedEndpoints();
    const revision = cluster.world.store.revision;
    await cluster.reset();
    assert.deepEqual(cluster.expectedEndpoints(), before);
    cluster.world.deployments.touch(0);
    assert.equal(cluster.world.store.revision, revision + 1);
    const watch = new EventReader(await open(`${api}/api/v1/pods?watch=1&resourceVersion=${revision - 1}`));
    assert.equal((await watch.next()).object.code, 410);
  });

  it('forbids a resource and allows it again', async (test) => {
    const { cluster, api } = await clusterFixture(test);
    cluster.forbid('endpointslices', true);
    const path = `${api}/apis/discovery.k8s.io/v1/endpointslices`;
    assert.equal((await get(path)).status, 403);
    cluster.forbid('endpointslices', false);
    assert.equal((await get(path)).status, 200);
  });
});
