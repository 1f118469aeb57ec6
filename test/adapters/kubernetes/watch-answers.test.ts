import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Resource } from '../../../src/model/kind.ts';
import type { KubernetesDatastore } from '../../../src/adapters/kubernetes/datastore.ts';
import { RecordingSink, accessTo, failsWith, openDatastore } from './datastore-fixture.ts';
import { FakeApi, PROTOBUF, PROTOBUF_WATCH, open, send, status } from './fake-api.ts';
import { bookmark, endpointsObject, pod, podObject, statusObject } from './kube-objects.ts';
import { encode, listBody, tagged, watchFrame } from './kube-proto.ts';

const PODS = '/api/v1/pods';

describe('the watch of a Kubernetes datastore', () => {
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
    datastore = await openDatastore(
      accessTo({ apiEndpoint: api.url }),
      { maxObjectBytes: 4096, requestTimeoutMs: 1000 },
      { watchIdleMs: 400, silenceMs: 100 },
    );
  });
  afterEach(async () => {
    run.abort(new Error('test over'));
    await datastore.close();
  });

  const watch = (revision = '10', resource: Resource = 'workloadendpoints'): Promise<void> =>
    datastore.watch({ resource, sink, signal: run.signal, revision });
  const serve = (...frames: readonly Uint8Array[]): void =>
    api.on(PODS, (_query, response) => send(response, PROTOBUF_WATCH, Buffer.concat(frames)));

  it('delivers events in order, then how far they go; a stream that ends is no error', async () => {
    serve(
      watchFrame('ADDED', pod('a', { resourceVersion: '11' })),
      watchFrame('MODIFIED', pod('a', { resourceVersion: '12', ip: '10.1.2.4' })),
      watchFrame('DELETED', pod('a', { resourceVersion: '13' })),
    );
    await watch();
    assert.deepEqual(sink.ops(), ['put web/a', 'put web/a', 'delete web/a']);
    assert.deepEqual(sink.revisions, ['13']);
    const [query] = api.asked(PODS).map((request) => new URL(request, 'http://fake').searchParams);
    assert.equal(query?.get('resourceVersion'), '10');
    assert.equal(query?.get('allowWatchBookmarks'), 'true');
    const seconds = Number(query?.get('timeoutSeconds'));
    assert.ok(seconds >= 300 && seconds < 600, String(seconds));
  });

  it('delivers the same whatever the chunks are', async () => {
    const bytes = Buffer.concat([
      watchFrame('ADDED', pod('a', { resourceVersion: '11' })),
      watchFrame('ADDED', pod('large', { ballast: 9000, resourceVersion: '12' })),
      watchFrame('BOOKMARK', bookmark('15')),
      watchFrame('ADDED', pod('b', { resourceVersion: '16' })),
    ]);
    for (const size of [1, 7, 1000, 5000]) {
      api.on(PODS, (_query, response) => {
        response.writeHead(200, { 'content-type': PROTOBUF_WATCH });
        for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
        response.end();
      });
      sink = new RecordingSink();
      await watch();
      assert.deepEqual(sink.ops(), ['put web/a', 'skip web/large', 'put web/b'], `chunks of ${size}`);
      assert.equal(sink.revisions.at(-1), '16');
    }
  });

  it('asks for a new list where the revision is gone, in the answer or in an event', async () => {
    serve(watchFrame('ERROR', statusObject(410, 'Expired')));
    await assert.rejects(watch(), failsWith('relist', 'Compacted'));
    api.on(PODS, (_query, response) => status(response, 410, 'Expired'));
    await assert.rejects(watch(), failsWith('relist', 'Compacted'));
    api.on(PODS, (_query, response) => status(response, 404, 'NotFound'));
    await assert.rejects(watch(), failsWith('relist', 'NotFound'));
    serve(watchFrame('ERROR', statusObject(500, 'InternalError')));
    await assert.rejects(watch(), failsWith('retry', 'ServerError'));
  });

  it('reports what was applied before an error, and nothing behind it', async () => {
    api.on(PODS, (_query, response) => {
      open(response, PROTOBUF_WATCH, watchFrame('ADDED', pod('a', { resourceVersion: '11' })));
      setImmediate(() => response.end(watchFrame('ERROR', statusObject(410, 'Expired'))));
    });
    await assert.rejects(watch(), failsWith('relist'));
    assert.ok(sink.revisions.every((revision) => revision === '11'));
  });

  it('deletes an object that became too large to read; a removal that names nothing calls for a list', async () => {
    serve(watchFrame('DELETED', pod('large', { ballast: 9000, resourceVersion: '12' })));
    await watch();
    assert.deepEqual(sink.ops(), ['delete web/large']);
    serve(watchFrame('DELETED', tagged(1, Buffer.from([0x0b]))));
    await assert.rejects(watch(), failsWith('relist', 'ProtocolError'));
  });

  it('skips an unreadable object and goes on with the next', async () => {
    const broken = encode('Pod', { metadata: { name: 'bad', namespace: 'web' }, spec: { nodeName: 'n1' } });
    serve(
      watchFrame('MODIFIED', Buffer.concat([broken, Buffer.from([0x1a, 0x50])])),
      watchFrame('ADDED', pod('b', { resourceVersion: '16' })),
    );
    await watch();
    assert.deepEqual(sink.ops(), ['skip web/bad', 'put web/b']);
    assert.deepEqual(sink.revisions, ['16']);
  });

  it('reads JSON lines where the server answers so', async () => {
    const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
    const marked = { metadata: { resourceVersion: '30' } };
    api.on(PODS, (_query, response) =>
      send(
        response,
        'application/json',
        line('ADDED', podObject('a', { resourceVersion: '11' })) +
          line('DELETED', podObject('large', { ballast: 9000 })) +
          line('BOOKMARK', marked) +
          line('ADDED', { metadata: { name: 'bad', namespace: 'web', labels: 7 } }),
      ),
    );
    await watch();
    assert.deepEqual(sink.ops(), ['put web/a', 'delete web/large', 'skip web/bad']);
    assert.equal(sink.revisions.at(-1), '30');
    api.on(PODS, (_query, response) =>
      send(response, 'application/json', line('ERROR', { code: 410, reason: 'Expired' })),
    );
    await assert.rejects(watch(), failsWith('relist', 'Compacted'));
  });

  it('rejects where the stream breaks off inside an event', async () => {
    serve(watchFrame('ADDED', pod('a')).subarray(0, 60));
    await assert.rejects(watch(), failsWith('retry', 'ProtocolError'));
  });

  it('asks the server for a sign of life while a watch over HTTP/1.1 is silent', async () => {
    api.on('/version', (_query, response) => send(response, 'application/json', '{}'));
    api.on(PODS, (query, response) => {
      if (query.has('watch')) open(response, PROTOBUF_WATCH, watchFrame('BOOKMARK', bookmark('11')));
      else send(response, PROTOBUF, listBody([], '11'));
    });
    const watching = watch();
    await sink.until(() => sink.contacts >= 3);
    assert.ok(api.asked('/version').length > 0);
    await watching;
    assert.deepEqual(sink.ops(), [], 'a silent watch ends without an error, to be begun again');
  });

  it('calls for a list where a silent server is behind the revision of the watch', async () => {
    api.on('/version', (_query, response) => send(response, 'application/json', '{}'));
    api.on(PODS, (query, response) => {
      if (query.has('watch')) open(response, PROTOBUF_WATCH, watchFrame('BOOKMARK', bookmark('11')));
      else send(response, PROTOBUF, listBody([], '9'));
    });
    await assert.rejects(watch(), failsWith('relist', 'ClusterReplaced'));
  });

  it('ends a silent watch with an error where the server gives no sign of life', async () => {
    api.on('/version', (_query, response) => response.destroy());
    api.on(PODS, (_query, response) =>
      open(response, PROTOBUF_WATCH, watchFrame('BOOKMARK', bookmark('11'))),
    );
    await assert.rejects(watch(), failsWith('retry'));
  });

  it('replaces the slices of an Endpoints object, and returns to EndpointSlices when those can be read', async () => {
    const endpoints = (...addresses: readonly string[]): Buffer =>
      encode('Endpoints', endpointsObject('shop', addresses));
    api.on('/api/v1/endpoints', (query, response) => {
      if (query.has('sendInitialEvents')) return status(response, 422, 'Invalid');
      if (!query.has('watch')) return send(response, PROTOBUF, listBody([endpoints('10.0.0.1')], '9'));
      const frames = [watchFrame('MODIFIED', endpoints('fd00::1')), watchFrame('DELETED', endpoints())];
      send(response, PROTOBUF_WATCH, Buffer.concat(frames));
    });
    await datastore.list({ resource: 'endpointslices', sink, signal: run.signal });
    await watch('9', 'endpointslices');
    const known = new Set<string>();
    for (const op of sink.ops()) {
      const [verb, name = ''] = op.split(' ');
      if (verb === 'put') known.add(name);
      else known.delete(name);
    }
    assert.deepEqual([...known], []);
    assert.deepEqual(
      sink.entries.map((entry) => entry.kind === 'EndpointSlice' && entry.addressType),
      ['IPv4', 'IPv6'],
    );
    api.on('/apis/discovery.k8s.io/v1/endpointslices', (_query, response) =>
      send(response, PROTOBUF, listBody([], '12')),
    );
    await assert.rejects(watch('9', 'endpointslices'), failsWith('relist', 'Relisting'));
  });
});
