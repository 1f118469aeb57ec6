import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { SlowReaderError } from '../../../src/feed/feed-store.ts';
import { ReviewApi, unreachable } from '../access/access-fixture.ts';
import { feedObject, labels, service } from '../objects/fixtures.ts';
import { MemoryStore } from './memory-store.ts';
import {
  type Answer,
  eventually,
  rawExchange,
  read,
  type Running,
  running,
  someObjects,
} from './server-fixture.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf,application/json';

interface Doc {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: Record<string, unknown>;
  readonly items?: readonly Doc[];
  readonly rows?: readonly { readonly cells: readonly unknown[]; readonly object?: Doc }[];
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: Record<string, unknown>;
}

function doc(answer: Answer): Doc {
  return JSON.parse(answer.text) as Doc;
}

function names({ items = [] }: Doc): unknown[] {
  return items.map(({ metadata }) => metadata['name']);
}

/** A Status with this code, reason and message. */
function isStatus(answer: Answer, code: number, reason: string, message?: RegExp): Doc {
  assert.equal(answer.status, code, answer.text);
  assert.equal(answer.headers['content-type'], 'application/json');
  const status = doc(answer);
  assert.equal(status.kind, 'Status');
  assert.equal(status.apiVersion, 'v1');
  assert.equal(status.code, code);
  assert.equal(status.reason, reason);
  if (message) assert.match(status.message ?? '', message);
  return status;
}

describe('objects over HTTP', () => {
  it('lists in both views', async (test) => {
    const { get } = await running(test);
    const merged = await get('/api/v1/services');
    assert.equal(merged.status, 200);
    assert.equal(merged.headers['content-type'], 'application/json');
    assert.equal(merged.headers['cache-control'], 'no-cache, private');
    assert.equal(Number(merged.headers['content-length']), merged.bytes.length);
    assert.equal(doc(merged).kind, 'ServiceList');
    assert.deepEqual(names(doc(merged)), ['east.web', 'west.west-only']);
    const east = await get('/clusters/east/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices');
    assert.deepEqual(names(doc(east)), ['web-abcde']);
    const other = await get('/clusters/east/api/v1/namespaces/other/services');
    assert.deepEqual(names(doc(other)), []);
  });

  it('hands every parameter to the store', async (test) => {
    const { get, store } = await running(test);
    await get(
      '/api/v1/services?limit=2&continue=token&resourceVersion=7&resourceVersionMatch=Exact&labelSelector=a%3Db&fieldSelector=spec.type%3DClusterIP&unknown=1&sendInitialEvents=false',
    );
    const [{ view, encoding, ...request } = assert.fail('nothing was asked')] = store.asked;
    assert.deepEqual(view, { view: 'merged' });
    assert.deepEqual(encoding, { wire: 'json', form: 'object', includeObject: 'Metadata' });
    assert.deepEqual(request, {
      resource: 'services',
      namespace: undefined,
      watch: false,
      labelSelector: 'a=b',
      fieldSelector: 'spec.type=ClusterIP',
      resourceVersion: '7',
      resourceVersionMatch: 'Exact',
      limit: 2,
      continue: 'token',
      allowWatchBookmarks: false,
      sendInitialEvents: false,
      timeoutSeconds: undefined,
    });
  });

  it('gets one object as JSON, Table, metadata and protobuf', async (test) => {
    const { get } = await running(test);
    const path = '/api/v1/namespaces/shop/services/east.web';
    assert.equal(doc(await get(path)).kind, 'Service');
    const table = doc(await get(`${path}?includeObject=Object`, { accept: TABLE }));
    assert.equal(table.kind, 'Table');
    assert.equal(table.rows?.[0]?.object?.kind, 'Service');
    const metadata = await get(path, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    assert.equal(doc(metadata).kind, 'PartialObjectMetadata');
    const protobuf = await get(path, { accept: PROTOBUF });
    assert.equal(protobuf.headers['content-type'], 'application/vnd.kubernetes.protobuf');
    assert.equal(protobuf.bytes.toString('latin1', 0, 4), 'k8s\0');
    const json = await get('/apis/fedsyncd.io/v1alpha1/remoteclusters/east', { accept: PROTOBUF });
    assert.equal(json.headers['content-type'], 'application/json');
  });

  it('indents for people, and when asked', async (test) => {
    const { get } = await running(test);
    const path = '/api/v1/namespaces/shop/services/east.web';
    const plain = await get(path);
    const people = await get(path, { 'user-agent': 'curl/8.5.0' });
    assert.notEqual(people.text, plain.text);
    assert.equal(people.text, `${JSON.stringify(doc(plain), null, 2)}\n`);
    assert.equal((await get(`${path}?pretty=false`, { 'user-agent': 'curl/8.5.0' })).text, plain.text);
    const list = await get('/api/v1/services?pretty=true');
    assert.equal(list.text, JSON.stringify(doc(list), null, 2));
  });

  it('answers HEAD as GET, without a body', async (test) => {
    const { ask, get, store } = await running(test);
    for (const path of ['/api/v1/services', '/version', '/api/v1/namespaces/shop/services/none']) {
      const whole = await get(path);
      const head = await ask('HEAD', path);
      assert.equal(head.status, whole.status);
      assert.equal(head.headers['content-length'], whole.headers['content-length']);
      assert.equal(head.text, '');
    }
    const watch = await ask('HEAD', '/api/v1/services?watch=true');
    assert.equal(watch.status, 200);
    assert.equal(store.watches.size, 0);
  });

  it('compresses long lists for who reads gzip', async (test) => {
    const objects = Array.from({ length: 500 }, (_, i) => feedObject(service({ name: `web-${i}` })));
    const { get } = await running(test, { store: new MemoryStore(objects) });
    const plain = await get('/api/v1/services');
    assert.equal(plain.headers['content-encoding'], undefined);
    const zipped = await get('/api/v1/services', { 'accept-encoding': 'br, gzip' });
    assert.equal(zipped.headers['content-encoding'], 'gzip');
    assert.equal(zipped.headers['vary'], 'Accept-Encoding');
    assert.ok(zipped.bytes.length < plain.bytes.length / 5);
    assert.equal(gunzipSync(zipped.bytes).toString(), plain.text);
    const short = await get('/api/v1/services?labelSelector=none', { 'accept-encoding': 'gzip' });
    assert.equal(short.headers['content-encoding'], undefined);
    const refused = await get('/api/v1/services', { 'accept-encoding': 'gzip;q=0' });
    assert.equal(refused.headers['content-encoding'], undefined);
  });

  it('carries a watch, tells when the reader takes again, and frees it when the client goes', async (test) => {
    const { open, store, server } = await running(test);
    const message = await open(
      '/api/v1/services?watch=true&labelSelector=app%3Dweb&allowWatchBookmarks=true&timeoutSeconds=60',
    );
    assert.equal(message.statusCode, 200);
    assert.equal(message.headers['content-type'], 'application/json');
    await eventually('the watch began', () => server.stats().watches === 1);
    const [object = assert.fail('no object')] = someObjects();
    store.tell('ADDED', object);
    store.tell('DELETED', feedObject(service({ labels: labels({ app: 'other' }) })));
    const [line] = ((await message.toArray.call(message.take(1))) as Buffer[]).map(String);
    const event = JSON.parse(line ?? '') as { type: string; object: Doc };
    assert.equal(event.type, 'ADDED');
    assert.equal(event.object.metadata['name'], 'east.web');
    message.destroy();
    await eventually('the watch is closed', () => store.watches.size === 0 && server.stats().watches === 0);
  });

  it('ends a watch as the store says', async (test) => {
    const { open, store, server } = await running(test);
    for (const why of ['timeout', 'removed', 'expired', 'stopped'] as const) {
      const message = await open('/api/v1/services?watch=1', { accept: PROTOBUF });
      assert.equal(message.headers['content-type'], 'application/vnd.kubernetes.protobuf;stream=watch');
      for (const { sink } of store.watches) sink.end(why);
      store.watches.clear();
      const answer = await read(message);
      assert.equal(answer.text, '');
    }
    for (const why of ['slow', 'failed'] as const) {
      const message = await open('/api/v1/services?watch=1');
      for (const { sink } of store.watches) sink.end(why);
      store.watches.clear();
      await assert.rejects(read(message));
    }
    assert.equal(server.stats().cutOffTotal.slow, 1);
  });
});

describe('errors over HTTP', () => {
  it('are Status objects', async (test) => {
    const { get, ask } = await running(test);
    const missing = isStatus(await get('/api/v1/namespaces/shop/services/none'), 404, 'NotFound');
    assert.deepEqual(missing.details, { name: 'none', kind: 'services' });
    assert.equal(missing.message, 'services "none" not found');
    isStatus(await get('/apis/batch/v1/jobs'), 404, 'NotFound', /could not find the requested resource/);
    isStatus(await get('/metrics'), 404, 'NotFound');
    isStatus(await get('/apis/batch'), 404, 'NotFound');
    isStatus(await get('/openapi/v3/apis/batch/v1'), 404, 'NotFound');
    isStatus(await get('/api/v1/watch/services'), 404, 'NotFound', /\?watch=true/);
    const cluster = isStatus(await get('/clusters/north/api/v1/services'), 404, 'NotFound');
    assert.deepEqual(cluster.details, { name: 'north', group: 'fedsyncd.io', kind: 'remoteclusters' });
    isStatus(await get('/clusters/north/version'), 404, 'NotFound', /remoteclusters.fedsyncd.io "north"/);
    isStatus(await get('/api/v1/services?limit=x'), 400, 'BadRequest', /^strconv.ParseInt: parsing "x"/);
    isStatus(await get('/api/v1/services?labelSelector=a+b'), 400, 'BadRequest', /unable to parse/);
    isStatus(
      await get('/api/v1/services?fieldSelector=spec.x%3D1'),
      400,
      'BadRequest',
      /field label not supp/,
    );
    isStatus(await get('/api/v1/services?includeObject=x', { accept: TABLE }), 400, 'BadRequest');
    isStatus(await get('/api/v1/namespaces/%ff/services'), 400, 'BadRequest');
    const yaml = await get('/api/v1/services', { accept: 'application/yaml' });
    isStatus(
      yaml,
      406,
      'NotAcceptable',
      /accepted: application\/json, application\/vnd.kubernetes.protobuf$/,
    );
    isStatus(
      await get('/openapi/v3/api/v1', {
        accept: 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf',
      }),
      406,
      'NotAcceptable',
    );
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const refused = await ask(method, '/api/v1/namespaces/shop/services', { body: '{}' });
      isStatus(refused, 405, 'MethodNotAllowed', /read-only.*in its own cluster/);
      assert.equal(refused.headers['allow'], 'GET, HEAD');
    }
    // What is not served at all cannot be written either: `kubectl auth can-i` says so then.
    isStatus(await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'), 404, 'NotFound');
    isStatus(await ask('POST', '/api/v1/namespaces/shop/pods/web/exec'), 404, 'NotFound');
  });

  it('are a Status also where the protocol alone is at fault', async (test) => {
    const { port, server, get } = await running(test);
    const noHost = await rawExchange(port, 'GET /version HTTP/1.1\r\n\r\n');
    assert.match(noHost, /^HTTP\/1.1 400 .*connection: close.*"message":"the Host header is missing"/s);
    const tunnel = await rawExchange(port, 'CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\nmore');
    assert.match(tunnel, /^HTTP\/1.1 405 .*Connection: close.*"reason":"MethodNotAllowed"/s);
    await eventually('both are closed', () => server.stats().connections === 0);
    assert.equal((await get('/healthz')).text, 'ok');
  });

  it('are protobuf for who asks for it first', async (test) => {
    const { get } = await running(test);
    const answer = await get('/api/v1/namespaces/shop/services/none', { accept: PROTOBUF });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['content-type'], 'application/vnd.kubernetes.protobuf');
    assert.equal(answer.bytes.toString('latin1', 0, 4), 'k8s\0');
    assert.match(answer.bytes.toString('latin1'), /Status.*Failure.*services "none" not found.*NotFound/s);
    const json = await get('/apis/projectcalico.org/v3/hostendpoints/none', { accept: PROTOBUF });
    isStatus(json, 404, 'NotFound');
  });

  it('come from the store as it says them', async (test) => {
    const { get, store } = await running(test);
    store.failure = {
      state: 'failed',
      code: 422,
      reason: 'Invalid',
      message: 'no',
      details: { kind: 'ListOptions', causes: [{ reason: 'FieldValueForbidden', message: 'm', field: 'f' }] },
    };
    for (const query of ['', '?watch=true', '/name']) {
      const path = query === '/name' ? '/api/v1/namespaces/a/services/b' : `/api/v1/services${query}`;
      const status = isStatus(await get(path), 422, 'Invalid', /^no$/);
      assert.deepEqual(status.details, store.failure.details);
    }
    store.failure = { state: 'failed', code: 410, reason: 'Expired', message: 'too old' };
    isStatus(await get('/api/v1/services?continue=x'), 410, 'Expired');
  });

  it('say nothing of what went wrong inside', async (test) => {
    const { get, store, events, server } = await running(test);
    store.fault = new Error('secret detail');
    for (const path of ['/api/v1/services', '/api/v1/services?watch=1', '/api/v1/namespaces/a/services/b']) {
      const answer = await get(path);
      isStatus(answer, 500, 'InternalError');
      assert.doesNotMatch(answer.text, /secret|at .*\.ts/);
    }
    assert.equal(events.all.filter(({ event }) => event === 'feed.error').length, 3);
    assert.deepEqual([server.stats().watches, server.stats().requestsInFlight], [0, 0]);
  });

  it('break an answer off that cannot be finished', async (test) => {
    const { open, store, events } = await running(test);
    store.endless = async function* () {
      for (let i = 0; i < 4; i++) yield Buffer.alloc(100_000, 'x');
      throw new Error('broken');
    };
    const message = await open('/api/v1/services');
    assert.equal(message.statusCode, 200);
    await assert.rejects(read(message));
    assert.equal(store.openLists, 0);
    const last = events.last;
    assert.ok(last?.event === 'feed.error' && last.message.includes('broken'));
  });
});

describe('a list that has to make room', () => {
  it('breaks off, and is counted as slow', async (test) => {
    const { open, store, events, server } = await running(test);
    store.endless = async function* () {
      for (let i = 0; i < 4; i++) yield Buffer.alloc(100_000, 'x');
      throw new SlowReaderError('slow');
    };
    await assert.rejects(read(await open('/api/v1/services')));
    assert.equal(server.stats().cutOffTotal.slow, 1);
    assert.equal(events.all.filter(({ event }) => event === 'feed.error').length, 0);
  });
});

describe('access over HTTP', () => {
  it('lets nobody in without credentials where they are needed', async (test) => {
    const { get } = await running(test, { access: { host: '0.0.0.0', anonymous: true } });
    assert.equal((await get('/api/v1/services')).status, 200);
    const closed = await running(test);
    const answer = await closed.get('/api/v1/services', { host: 'evil.example' });
    isStatus(answer, 401, 'Unauthorized', /Host header/);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="fedsyncd"');
    assert.equal((await closed.get('/healthz', { host: 'evil.example' })).text, 'ok');
  });
});

describe('authorization over HTTP', () => {
  async function reviewed(test: TestContext): Promise<Running & { readonly api: ReviewApi }> {
    const directory = await tempDirectory(test);
    const tokenFile = join(directory, 'tokens.csv');
    await writeFile(tokenFile, 'the-token,jane,1\nother-token,joe,2\n', { mode: 0o600 });
    const api = new ReviewApi();
    const fixture = await running(test, {
      access: { tokenFile, authorization: 'local-rbac' },
      localApi: api,
    });
    return { ...fixture, api };
  }
  const headers = { authorization: 'Bearer the-token' };

  it('asks for what the request names', async (test) => {
    const { get, api, store } = await reviewed(test);
    api.answer = () => ({ allowed: true });
    await get('/api/v1/namespaces/shop/services/east.web', headers);
    await get('/apis/projectcalico.org/v3/hostendpoints?fieldSelector=metadata.name%3Deast.h', headers);
    await get('/clusters/east/api/v1/services', headers);
    const asked = api.asked.map(
      ({ object }) => (object['spec'] as JsonObject)['resourceAttributes'] as JsonObject,
    );
    const shown = asked.map(({ verb, resource, subresource = '', namespace, name }) =>
      [verb, resource, subresource, namespace, name].join(' '),
    );
    assert.deepEqual(shown, [
      'get services  shop east.web',
      'list hostendpoints   east.h',
      'list services cluster  east',
    ]);
    assert.equal(store.asked.length, 3);
  });

  it('answers 403 with what is forbidden to whom, before it says whether a cluster exists', async (test) => {
    const { get, api, store } = await reviewed(test);
    api.answer = () => ({ allowed: false });
    const status = isStatus(
      await get('/clusters/north/api/v1/namespaces/shop/services?watch=1', headers),
      403,
      'Forbidden',
      /User "jane" cannot watch resource "services\/cluster" in API group "fedsyncd.io" in the namespace "shop"/,
    );
    assert.deepEqual(status.details, { kind: 'services' });
    assert.equal(store.asked.length, 0);
    assert.equal((await get('/apis', headers)).status, 200);
    isStatus(await get('/apis'), 401, 'Unauthorized');
    isStatus(await get('/api/v1/services', { authorization: 'Bearer other' }), 401, 'Unauthorized');
  });

  it('asks anew for each page, whoever its token was given to', async (test) => {
    const { get, api, store } = await reviewed(test);
    api.answer = ({ user }) => ({ allowed: user === 'jane' });
    const page = '/api/v1/services?limit=1&continue=token';
    assert.equal((await get(page, headers)).status, 200);
    isStatus(await get(page, { authorization: 'Bearer other-token' }), 403, 'Forbidden');
    assert.equal(store.asked.length, 1);
  });

  it('answers 503 where nobody can tell', async (test) => {
    const { get, api } = await reviewed(test);
    api.answer = () => Promise.reject(unreachable());
    const answer = await get('/api/v1/services', headers);
    isStatus(answer, 503, 'ServiceUnavailable');
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
  });
});

describe('health over HTTP', () => {
  it('is ready when every cluster was read', async (test) => {
    let ready = false;
    const { get } = await running(test, { ready: () => ready });
    assert.equal((await get('/livez')).text, 'ok');
    isStatus(await get('/readyz'), 503, 'ServiceUnavailable');
    ready = true;
    assert.equal((await get('/readyz')).text, 'ok');
    assert.equal((await get('/clusters/east/readyz')).text, 'ok');
  });
});
