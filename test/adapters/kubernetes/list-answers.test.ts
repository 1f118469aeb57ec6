import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { KubernetesDatastore } from '../../../src/adapters/kubernetes/datastore.ts';
import { RecordingSink, accessTo, failsWith, openDatastore } from './datastore-fixture.ts';
import { FakeApi, PROTOBUF, PROTOBUF_WATCH, json, open, send, status } from './fake-api.ts';
import { bookmark, endpointsObject, pod, podObject } from './kube-objects.ts';
import { encode, listBody, tagged, watchFrame } from './kube-proto.ts';

const PODS = '/api/v1/pods';

describe('the list of a Kubernetes datastore', () => {
  let api: FakeApi;
  let datastore: KubernetesDatastore;
  let sink: RecordingSink;
  let run: AbortController;

  before(async () => {
    api = await FakeApi.start();
  });
  after(() => api.close());
  beforeEach(async () => {
    api.requests.length = 0;
    sink = new RecordingSink();
    run = new AbortController();
    datastore = await openDatastore(accessTo({ apiEndpoint: api.url }), {
      maxObjectBytes: 4096,
      requestTimeoutMs: 1000,
      excludeNamespaces: ['hidden'],
    });
  });
  afterEach(async () => {
    run.abort(new Error('test over'));
    await datastore.close();
    api.off(PODS);
  });

  const listPods = (): ReturnType<KubernetesDatastore['list']> =>
    datastore.list({ resource: 'workloadendpoints', sink, signal: run.signal });

  /** Pages as given; WatchList is refused as servers without it do. */
  const servePages = (...pages: readonly Buffer[]): void => {
    api.on(PODS, (query, response) => {
      if (query.has('watch')) return status(response, 422, 'Invalid');
      const at = Number(query.get('continue') ?? 0);
      const page = pages[at];
      if (page === undefined) status(response, 410, 'Expired');
      else send(response, PROTOBUF, page);
    });
  };

  it('reads pages at one revision where WatchList is refused, and remembers the refusal', async () => {
    servePages(listBody([pod('a'), pod('b')], '70', '1'), listBody([pod('c')], '70'));
    const outcome = await listPods();
    assert.equal(outcome.revision, '70');
    assert.equal(outcome.tail, undefined);
    assert.deepEqual(sink.ops(), ['put web/a', 'put web/b', 'put web/c']);
    await listPods();
    assert.equal(api.requests.filter((request) => request.includes('watch=true')).length, 1);
    const [, first, second] = api.requests;
    assert.equal(first, '/api/v1/pods?limit=2000');
    assert.equal(second, '/api/v1/pods?limit=2000&continue=1');
  });

  it('asks for the list by a WatchList first and goes on as a watch in the same stream', async () => {
    let later: ((bytes: Buffer) => void) | undefined;
    api.on(PODS, (query, response) => {
      assert.equal(query.get('resourceVersionMatch'), 'NotOlderThan');
      assert.equal(query.get('resourceVersion'), '');
      const initial = [
        watchFrame('ADDED', pod('a', { resourceVersion: '99' })),
        watchFrame('BOOKMARK', bookmark('50')),
      ];
      const end = [
        watchFrame('BOOKMARK', bookmark('60', true)),
        watchFrame('ADDED', pod('b', { resourceVersion: '61' })),
      ];
      open(response, PROTOBUF_WATCH, Buffer.concat([...initial, ...end]));
      later = (bytes) => response.end(bytes);
    });
    const outcome = await listPods();
    assert.equal(outcome.revision, '60');
    assert.deepEqual(sink.ops(), ['put web/a'], 'what comes after the end of the list is part of the watch');
    assert.deepEqual(sink.revisions, []);
    const tailSink = new RecordingSink();
    const tail = outcome.tail?.(tailSink, run.signal);
    await tailSink.until(() => tailSink.deltas.length > 0);
    later?.(
      Buffer.concat([
        watchFrame('DELETED', pod('a', { resourceVersion: '62' })),
        watchFrame('BOOKMARK', bookmark('65')),
      ]),
    );
    await tail;
    assert.deepEqual(tailSink.ops(), ['put web/b', 'delete web/a']);
    assert.deepEqual(tailSink.revisions, ['61', '65']);
    assert.equal(api.requests.length, 1);
  });

  it('leaves no stream behind: neither a tail that is aborted nor one that is never run', async () => {
    const closed: Promise<unknown>[] = [];
    api.on(PODS, (_query, response) => {
      closed.push(once(response, 'close'));
      open(response, PROTOBUF_WATCH, watchFrame('BOOKMARK', bookmark('60', true)));
    });
    const first = await listPods();
    const stop = new AbortController();
    const tail = first.tail?.(sink, stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(tail ?? Promise.resolve(), { message: 'enough' });
    await closed[0];
    await listPods();
    await datastore.close();
    await closed[1];
  });

  it('rejects a WatchList that ends before its bookmark, and takes pages the next time', async () => {
    api.on(PODS, (query, response) => {
      if (query.has('watch')) send(response, PROTOBUF_WATCH, watchFrame('ADDED', pod('a')));
      else send(response, PROTOBUF, listBody([pod('a')], '5'));
    });
    await assert.rejects(listPods(), failsWith('retry', 'Unreachable'));
    assert.equal((await listPods()).revision, '5');
  });

  it('rejects a WatchList that says nothing for the request timeout', async () => {
    api.on(PODS, (_query, response) => open(response, PROTOBUF_WATCH, watchFrame('ADDED', pod('a'))));
    await assert.rejects(listPods(), failsWith('retry', 'Timeout'));
  });

  it('passes on how long a fresh server asks to wait', async () => {
    api.on(PODS, (_query, response) => status(response, 429, 'TooManyRequests', { 'retry-after': '3' }));
    await assert.rejects(listPods(), { ...failsWith('retry', 'Overloaded'), retryAfterMs: 3000 });
  });

  it('asks for a new list, with larger pages, where a continue token is expired', async () => {
    servePages(listBody([pod('a')], '70', '1'));
    await assert.rejects(listPods(), failsWith('relist', 'Compacted'));
    await assert.rejects(listPods(), failsWith('relist', 'Compacted'));
    assert.equal(api.requests.at(-1), '/api/v1/pods?limit=8000&continue=1');
  });

  it('rejects a list that breaks off, even between two items', async () => {
    const whole = listBody([pod('a'), pod('b')], '70');
    servePages(whole.subarray(0, whole.length - pod('b').length - 2));
    await assert.rejects(listPods(), failsWith('retry', 'ProtocolError'));
  });

  it('rejects a list without a revision, and an answer that is no API answer', async () => {
    servePages(listBody([], ''));
    await assert.rejects(listPods(), failsWith('retry', 'ProtocolError'));
    api.on(PODS, (_query, response) => send(response, 'text/html', '<h1>Welcome</h1>'));
    await assert.rejects(listPods(), failsWith('retry', 'ProtocolError'));
  });

  it('reads pods in JSON where the server answers so', async () => {
    api.on(PODS, (query, response) => {
      if (query.has('watch')) return status(response, 400, 'BadRequest');
      json(response, {
        kind: 'PodList',
        metadata: { resourceVersion: '8' },
        items: [podObject('a'), { metadata: 3 }],
      });
    });
    assert.equal((await listPods()).revision, '8');
    assert.deepEqual(sink.ops(), ['put web/a', 'skip ?']);
  });

  it('skips what cannot be read and delivers the rest; namespaces that are excluded are not read', async () => {
    const badText = encode('Pod', { metadata: { name: 'bad', namespace: 'web' }, spec: { nodeName: 'n1' } });
    const broken = Buffer.concat([badText, tagged(3, tagged(1, Buffer.from([0xff, 0xfe])))]);
    const group = Buffer.from([0x0b, 0x0c]);
    const large = pod('large', { ballast: 5000 });
    servePages(listBody([pod('a'), broken, large, group, pod('x', { namespace: 'hidden' }), pod('z')], '70'));
    await listPods();
    assert.deepEqual(sink.ops(), ['put web/a', 'skip web/bad', 'skip web/large', 'skip ?', 'put web/z']);
    const skipped = sink.deltas.filter((delta) => delta.op === 'skip');
    assert.deepEqual(skipped[1]?.id, {
      namespace: 'web',
      node: 'n1',
      orchestrator: 'k8s',
      workload: 'large',
      endpoint: 'eth0',
    });
    assert.match(skipped[1]?.reason ?? '', /over the limit of 4096/);
  });

  it('keeps no name that Kubernetes would not allow', async () => {
    servePages(listBody([pod('n'.repeat(300)), pod('a', { namespace: 'x'.repeat(300) }), pod('b')], '70'));
    await listPods();
    assert.deepEqual(sink.ops(), ['skip ?', 'skip ?', 'put web/b']);
  });

  it('gives batches of about 500 and at most one per chunk', async () => {
    servePages(
      listBody(
        Array.from({ length: 1200 }, (_, i) => pod(`p${i}`)),
        '70',
      ),
    );
    await listPods();
    assert.equal(sink.deltas.length, 1200);
    assert.ok(Math.max(...sink.batches) <= 500);
    assert.ok(sink.contacts > 0);
  });

  it('follows core/v1 Endpoints where EndpointSlices are not served or forbidden, and says so', async () => {
    const endpoints = encode('Endpoints', endpointsObject('shop', ['10.0.0.1', '10.0.0.2']));
    api.on('/api/v1/endpoints', (query, response) => {
      if (query.has('watch')) status(response, 422, 'Invalid');
      else send(response, PROTOBUF, listBody([endpoints], '9'));
    });
    const list = (): ReturnType<KubernetesDatastore['list']> =>
      datastore.list({ resource: 'endpointslices', sink, signal: run.signal });
    const outcome = await list();
    assert.match(outcome.note ?? '', /not served.*Endpoints/);
    assert.equal(sink.entries.length, 1);
    assert.deepEqual(sink.entries[0]?.kind, 'EndpointSlice');
    api.on('/apis/discovery.k8s.io/v1/endpointslices', (_query, response) =>
      status(response, 403, 'Forbidden'),
    );
    assert.match((await list()).note ?? '', /forbidden/);
    api.on('/api/v1/endpoints', (_query, response) => status(response, 403, 'Forbidden'));
    await assert.rejects(list(), failsWith('forbidden', 'Forbidden'));
    api.on('/apis/discovery.k8s.io/v1/endpointslices', (query, response) => {
      if (query.has('watch')) status(response, 422, 'Invalid');
      else send(response, PROTOBUF, listBody([], '12'));
    });
    assert.equal((await list()).note, undefined, 'EndpointSlices are looked for again at each list');
    api.off('/api/v1/endpoints');
    api.off('/apis/discovery.k8s.io/v1/endpointslices');
  });

  it('does not turn to Endpoints because slices that it has read are refused for a moment', async () => {
    const slices = '/apis/discovery.k8s.io/v1/endpointslices';
    let refused = false;
    api.on(slices, (query, response) => {
      if (refused) status(response, 403, 'Forbidden');
      else if (query.has('watch')) status(response, 422, 'Invalid');
      else send(response, PROTOBUF, listBody([], '9'));
    });
    api.on('/api/v1/endpoints', (query, response) => {
      if (query.has('watch')) status(response, 422, 'Invalid');
      else send(response, PROTOBUF, listBody([], '9'));
    });
    const list = (): ReturnType<KubernetesDatastore['list']> =>
      datastore.list({ resource: 'endpointslices', sink, signal: run.signal });
    assert.equal((await list()).note, undefined);
    refused = true;
    for (let i = 0; i < 3; i++) await assert.rejects(list(), failsWith('forbidden', 'Forbidden'));
    assert.match((await list()).note ?? '', /EndpointSlices are forbidden/);
    refused = false;
    assert.equal((await list()).note, undefined);
    api.off('/api/v1/endpoints');
    api.off(slices);
  });

  it('rejects calls under way when it is closed, and may be closed twice', async () => {
    api.on(PODS, () => {});
    const listing = listPods();
    await Promise.all([
      assert.rejects(listing, failsWith('retry', 'Unreachable')),
      (async () => {
        while (api.asked(PODS).length === 0) await new Promise((resolve) => setImmediate(resolve));
        await datastore.close();
        await datastore.close();
      })(),
    ]);
  });

  it('rejects with the reason of the signal', async () => {
    api.on(PODS, () => {});
    const listing = listPods();
    run.abort(new Error('enough'));
    await assert.rejects(listing, { message: 'enough' });
  });
});
