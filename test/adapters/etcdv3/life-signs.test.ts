import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TestContext } from 'node:test';
import { parseEndpoints } from '../../../src/adapters/etcdv3/endpoint.ts';
import { EtcdDatastore } from '../../../src/adapters/etcdv3/etcd-datastore.ts';
import { until, within } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { datastoreError, Recorder, wepKey, wepValue } from './fixture.ts';
import { TcpProxy } from './tcp-proxy.ts';

const resource = 'workloadendpoints';

function open(test: TestContext, endpoint: string, clock: FakeClock): EtcdDatastore {
  const datastore = new EtcdDatastore({
    endpoints: parseEndpoints([endpoint]),
    tls: { ca: undefined, cert: undefined, key: undefined },
    credentials: undefined,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 600_000,
    maxObjectBytes: 1 << 20,
    excludeNamespaces: [],
    clock,
  });
  test.after(() => datastore.close());
  return datastore;
}

withServers('etcdv3: signs of life', ['etcd'], (rig) => {
  it('an idle watch hears of the server, and its resume revision stays young', async (test) => {
    const etcd = await rig.etcd();
    const clock = new FakeClock();
    const datastore = open(test, etcd.endpoint, clock);
    const recorder = new Recorder();
    const stop = new AbortController();
    await recorder.list(datastore, resource, stop.signal);
    const watching = datastore.watch({
      resource,
      sink: recorder,
      signal: stop.signal,
      revision: recorder.revision,
    });
    // One event shows that the watch is up and verified.
    const first = await etcd.put(wepKey('default', 'a'), wepValue('default', 'a'));
    await until('the watch is up', () => recorder.revision.endsWith(`/${first}`));
    const elsewhere = await etcd.put('/other', 'x');
    const { contacts } = recorder;
    for (let i = 0; i < 3; i++) {
      await clock.advance(7_000);
      await etcd.revision();
    }
    await until('progress without an event', () => recorder.revision.endsWith(`/${elsewhere}`));
    assert.ok(recorder.contacts > contacts);
    stop.abort(new Error('enough'));
    await assert.rejects(watching, /enough/);
    await datastore.close();
    assert.equal(clock.pending, 0, 'no timer is left');
  });

  it('a watch of a peer that vanished without a word ends within half a minute', async (test) => {
    const etcd = await rig.etcd();
    const clock = new FakeClock();
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = open(test, proxy.endpoint, clock);
    const recorder = new Recorder();
    const { signal } = new AbortController();
    await recorder.list(datastore, resource, signal);
    const failed = datastoreError(
      datastore.watch({ resource, sink: recorder, signal, revision: recorder.revision }),
    );
    const first = await etcd.put(wepKey('default', 'a'), wepValue('default', 'a'));
    await until('the watch is up', () => recorder.revision.endsWith(`/${first}`));
    proxy.stall();
    await clock.advance(15_000);
    await clock.advance(10_000);
    const error = await within('the end of the watch', failed);
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Timeout']);
    await until('no socket is left', () => proxy.connections === 0);
    assert.equal(clock.pending, 0, 'no timer is left');
  });
});
