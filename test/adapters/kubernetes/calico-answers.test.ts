import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { KubernetesDatastore } from '../../../src/adapters/kubernetes/datastore.ts';
import { RecordingSink, accessTo, failsWith, openDatastore } from './datastore-fixture.ts';
import { FakeApi, json, open, status } from './fake-api.ts';
import { clusterInformation, poolObject } from './kube-objects.ts';

const V1 = '/apis/crd.projectcalico.org/v1';
const V3 = '/apis/projectcalico.org/v3';

describe('the Calico resources of a Kubernetes datastore', () => {
  let api: FakeApi;
  let datastore: KubernetesDatastore;
  let sink: RecordingSink;
  let run: AbortController;

  before(async () => {
    api = await FakeApi.start();
  });
  after(() => api.close());
  beforeEach(async () => {
    sink = new RecordingSink();
    run = new AbortController();
    datastore = await openDatastore(
      accessTo({ apiEndpoint: api.url }),
      {},
      { groupPollMs: 20, silenceMs: 60_000 },
    );
  });
  afterEach(async () => {
    run.abort(new Error('test over'));
    await datastore.close();
    for (const group of [V1, V3]) withdraw(group);
  });

  /** Serves a group with these pools; `watched` gets each watch that is opened. */
  const serve = (
    group: string,
    ready: boolean | undefined,
    pools: readonly object[],
    watched: (response: ServerResponse) => void = () => {},
  ): void => {
    api.on(group, (_query, response) => json(response, { kind: 'APIResourceList' }));
    api.on(`${group}/clusterinformations/default`, (_query, response) =>
      json(response, clusterInformation(ready, `guid of ${group}`)),
    );
    api.on(`${group}/ippools`, (query, response) => {
      if (!query.has('watch')) return json(response, { metadata: { resourceVersion: '5' }, items: pools });
      open(response, 'application/json', '\n');
      watched(response);
    });
  };
  const withdraw = (group: string): void => {
    for (const path of ['', '/clusterinformations/default', '/ippools']) api.off(group + path);
  };
  const list = (): ReturnType<KubernetesDatastore['list']> =>
    datastore.list({ resource: 'ippools', sink, signal: run.signal });
  const watch = (): Promise<void> =>
    datastore.watch({ resource: 'ippools', sink, signal: run.signal, revision: '5' });
  const removal = (name: string): string =>
    `${JSON.stringify({ type: 'DELETED', object: poolObject(name) })}\n`;

  it('are absent where Calico is not there, to be looked for again in 30 s', async () => {
    const outcome = await list();
    assert.deepEqual(outcome.absent, { retryAfterMs: 30_000 });
    assert.deepEqual(sink.deltas, []);
  });

  it('are absent where one CRD is missing', async () => {
    serve(V1, true, []);
    api.off(`${V1}/ippools`);
    assert.deepEqual((await list()).absent, { retryAfterMs: 30_000 });
  });

  it('are forbidden one by one', async () => {
    serve(V1, true, []);
    api.on(`${V1}/ippools`, (_query, response) => status(response, 403, 'Forbidden'));
    await assert.rejects(list(), failsWith('forbidden', 'Forbidden'));
  });

  it('come from the group that is ready, and move with it', async () => {
    serve(V1, true, [poolObject('old')]);
    serve(V3, false, [poolObject('new')]);
    assert.equal((await list()).revision, '5');
    assert.deepEqual(sink.ops(), ['put old']);
    const watching = watch();
    serve(V3, true, [poolObject('new')]);
    serve(V1, false, [poolObject('old')]);
    await assert.rejects(watching, failsWith('relist', 'Relisting'));
    await list();
    assert.deepEqual(sink.ops(), ['put old', 'put new']);
    assert.ok((await datastore.identify(run.signal)).includes(`calico:guid of ${V3}`));
  });

  it('are not deleted by a locked group; a new list follows when it is unlocked', async () => {
    serve(V1, true, [poolObject('a'), poolObject('b')]);
    await list();
    const opened = Promise.withResolvers<ServerResponse>();
    serve(V1, false, [poolObject('a')], (response) => opened.resolve(response));
    await assert.rejects(list(), failsWith('retry', 'NotFound'), 'a locked group that lost objects');
    const watching = watch();
    const stream = await opened.promise;
    const contacts = sink.contacts;
    stream.write(removal('b'));
    await sink.until(() => sink.contacts > contacts);
    assert.ok(!sink.ops().includes('delete b'));
    serve(V1, true, [poolObject('a')]);
    await assert.rejects(watching, failsWith('relist', 'Relisting'));
    assert.equal((await list()).revision, '5');
  });

  it('are deleted by an unlocked group', async () => {
    const opened = Promise.withResolvers<ServerResponse>();
    serve(V1, true, [poolObject('a')], (response) => opened.resolve(response));
    await list();
    const watching = watch();
    (await opened.promise).end(removal('a'));
    await watching;
    assert.deepEqual(sink.ops(), ['put a', 'delete a']);
  });

  it('are kept when a locked group vanishes before the other one is ready', async () => {
    serve(V1, false, [poolObject('a')]);
    await list();
    withdraw(V1);
    await assert.rejects(list(), failsWith('retry', 'NotFound'));
    serve(V3, false, []);
    await assert.rejects(list(), failsWith('retry', 'NotFound'));
    serve(V3, true, [poolObject('a')]);
    assert.equal((await list()).revision, '5');
  });

  it('follow the default where ClusterInformation may not be read', async () => {
    for (const group of [V1, V3]) {
      serve(group, true, [poolObject(group === V1 ? 'old' : 'new')]);
      api.on(`${group}/clusterinformations/default`, (_query, response) =>
        status(response, 403, 'Forbidden'),
      );
    }
    await list();
    assert.deepEqual(sink.ops(), ['put old']);
    assert.deepEqual(await datastore.identify(run.signal), []);
  });
});
