import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { hostEndpoint, labels, pool, profile, service, slice, workload } from '../objects/fixtures.ts';
import { RealFeed } from './real-feed.ts';
import { eventually, everythingFrom, type Running, running } from './server-fixture.ts';

const SEED = process.env['PBT_SEED'];
const RUNS = { numRuns: Number(process.env['PBT_NUM_RUNS'] ?? 300), ...(SEED && { seed: Number(SEED) }) };
/** In everything that is of the cluster west, and nowhere else. */
const MARKER = 'west-marker';

interface Response {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

function feedOfTwo(): RealFeed {
  const feed = new RealFeed();
  for (const cluster of ['east', 'west']) {
    const marked = labels({ marker: cluster === 'west' ? MARKER : 'other' });
    const name = cluster === 'west' ? MARKER : 'web';
    for (let i = 0; i < 5; i++) {
      feed.put(
        cluster,
        service({ name: `${name}-${i}`, labels: marked }),
        slice({ name: `${name}-${i}`, labels: marked }),
      );
      feed.put(
        cluster,
        workload({ workload: `${name}-${i}`, labels: marked }),
        hostEndpoint({ name: `${name}-${i}` }),
      );
      feed.put(cluster, profile({ name: `${name}-${i}` }), pool({ name: `${name}-${i}` }));
    }
  }
  return feed;
}

/** Sends bytes, closes its side, and gives everything that came back. A watch is read for a moment. */
async function exchange(port: number, text: string, isWatch = false): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text, 'latin1');
  if (isWatch) socket.once('data', () => setTimeout(() => socket.end(), 5));
  return everythingFrom(socket);
}

/** The first answer of what came back; undefined where the connection was closed without one. */
function parse(text: string): Response | undefined {
  if (text === '') return undefined;
  const match = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\n(.*?)\r\n\r\n(.*)$/s.exec(text);
  assert.ok(match, `no HTTP answer: ${JSON.stringify(text.slice(0, 200))}`);
  const [, code, head = '', body = ''] = match;
  return { code: Number(code), type: /^content-type: (.*?)$/im.exec(head)?.[1]?.trim() ?? '', body };
}

const ALLOWED = new Set([200, 304, 400, 401, 404, 405, 406, 408, 410, 414, 422, 429, 431, 503]);

function isWellFormed(text: string): Response | undefined {
  const response = parse(text);
  if (response === undefined) return undefined;
  const { code, type, body } = response;
  assert.ok(ALLOWED.has(code), `${code} ${body}`);
  assert.doesNotMatch(body, /\.ts:\d|node:internal/);
  if (code >= 400 && type === 'application/json' && body !== '') {
    const status = JSON.parse(body) as { kind: string; code: number; message: string };
    assert.deepEqual([status.kind, status.code], ['Status', code]);
    assert.notEqual(status.message, '');
  }
  return response;
}

const segment = fc.oneof(
  fc.constantFrom(
    'api',
    'v1',
    'apis',
    'discovery.k8s.io',
    'projectcalico.org',
    'v3',
    'fedsyncd.io',
    'v1alpha1',
  ),
  fc.constantFrom(
    'namespaces',
    'shop',
    'services',
    'endpointslices',
    'workloadendpoints',
    'profiles',
    'remoteclusters',
  ),
  fc.constantFrom(
    'clusters',
    'east',
    'west',
    'watch',
    'openapi',
    'version',
    'healthz',
    'west.west-marker-0',
    '..',
    '.',
    '',
  ),
  fc.constantFrom('%2e%2e', '%2F', 'west%2F..%2F', '%00', '%zz', '%ff', '..%2fwest', '\\..\\west', ';', '*'),
  fc.string({ unit: 'binary-ascii', maxLength: 8 }).map((text) => text.replaceAll(/[\s?#]/g, '_')),
);
const collection = fc.constantFrom(
  'api/v1/services',
  'api/v1/namespaces',
  'api/v1/namespaces/shop/services',
  'apis/discovery.k8s.io/v1/endpointslices',
  'apis/projectcalico.org/v3/workloadendpoints',
  'apis/projectcalico.org/v3/hostendpoints',
  'apis/projectcalico.org/v3/profiles',
  'apis/projectcalico.org/v3/ippools',
  'apis/fedsyncd.io/v1alpha1/remoteclusters',
);
const path = fc.oneof(
  collection,
  fc.array(segment, { maxLength: 7 }).map((parts) => parts.join('/')),
);
const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '2',
    '-1',
    'true',
    'false',
    'abc',
    '99999999999999999999',
    '1e3',
    'NotOlderThan',
    'Exact',
  ),
  fc.constantFrom(
    'app=web',
    'a in (b',
    '!x',
    `marker=${MARKER}`,
    'metadata.name=west-marker-0',
    'spec.node=x',
    ',,',
    '\\,=',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const parameter = fc.constantFrom(
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'timeoutSeconds',
  'pretty',
  'includeObject',
  'constructor',
);
const query = fc.array(fc.tuple(parameter, value), { maxLength: 5 });
const accept = fc.constantFrom(
  'application/json',
  '*/*',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/yaml',
  ';;;,=,q=1',
  'text/html;q=x',
);

function encoded(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([name, text]) => `${name}=${encodeURIComponent(text.toWellFormed())}`).join('&');
}

function request(target: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): string {
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers }).map(
    ([name, text]) => `${name}: ${text}`,
  );
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** Nothing is left over, and it still answers. */
async function isSound({ server, get, events }: Running): Promise<void> {
  assert.deepEqual(
    events.all.filter(({ event }) => event === 'feed.error'),
    [],
  );
  await eventually('nothing is left', () => {
    const { watches, requestsInFlight, connections } = server.stats();
    return watches === 0 && requestsInFlight === 0 && connections === 0;
  });
  assert.equal((await get('/healthz')).text, 'ok');
}

describe('the feed under bad input', () => {
  it('answers any path, parameters and headers with sense, and never with data of another cluster', async (test) => {
    const feed = feedOfTwo();
    feed.start(test);
    const fixture = await running(test, { feed: feed.store });
    const codes = new Set<number | undefined>();
    await fc.assert(
      fc.asyncProperty(path, query, accept, fc.boolean(), async (rest, pairs, accepted, watch) => {
        const target = `/clusters/east/${rest}?${encoded(pairs)}${watch ? '&watch=1' : ''}`;
        const raw = await exchange(fixture.port, request(target, { accept: accepted }), watch);
        codes.add(isWellFormed(raw)?.code);
        // What was asked for may be repeated in an error.
        if (!target.includes(MARKER)) assert.ok(!raw.includes(MARKER), raw);
        assert.ok(!raw.includes(`"marker":"${MARKER}"`), raw);
        isWellFormed(await exchange(fixture.port, request(`/${rest}?${encoded(pairs)}`), false));
      }),
      RUNS,
    );
    // It is not all refused for one and the same reason.
    for (const code of [200, 400, 404]) assert.ok(codes.has(code), `no ${code} in ${[...codes].join(' ')}`);
    await isSound(fixture);
  });

  it('never continues a list in another view, nor with a token that was changed', async (test) => {
    const feed = feedOfTwo();
    feed.start(test);
    const fixture = await running(test, { feed: feed.store });
    const tokenOf = async (list: string): Promise<string> => {
      const { text } = await fixture.get(`${list}?limit=2`);
      const { metadata } = JSON.parse(text) as { metadata: { continue?: string } };
      return metadata.continue ?? assert.fail(text);
    };
    const lists = [
      '/api/v1/services',
      '/clusters/west/api/v1/services',
      '/clusters/west/apis/projectcalico.org/v3/profiles',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...lists),
        fc.option(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 127 }))),
        async (list, change) => {
          const token = Buffer.from(await tokenOf(list));
          if (change) token[change[0] % token.length] = change[1];
          const text = token.toString('latin1');
          const asked = `/clusters/east/api/v1/services?limit=2&continue=${encodeURIComponent(text)}`;
          const answer = await fixture.get(asked);
          assert.ok([400, 410].includes(answer.status), `${answer.status} ${answer.text}`);
          assert.ok(!answer.text.includes(MARKER));
        },
      ),
      { ...RUNS, numRuns: 50 },
    );
    await isSound(fixture);
  });

  it('survives what is no HTTP', async (test) => {
    const feed = feedOfTwo();
    feed.start(test);
    const fixture = await running(test, { feed: feed.store, limits: { headersMs: 500 } });
    const good = request('/version').replace('connection: close\r\n', '');
    const part = fc.oneof(
      fc.constantFrom(
        good,
        good.slice(0, 20),
        request('/api/v1/services'),
        request('/api/v1/services', {}, 'POST'),
      ),
      fc.constantFrom(
        '\r\n',
        '\r\n\r\n',
        '\0',
        'GET',
        'GET /',
        'GET / HTTP/9.9\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      ),
      fc.constantFrom(
        'POST /api/v1/services HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
        'POST /api/v1/services HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\nx',
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\n\r\n',
        'GET / HTTP/1.1\r\n\r\n',
        'GET / HTTP/1.0\r\n\r\n',
        'GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
        'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
        'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
        'GET http://localhost/version HTTP/1.1\r\nHost: localhost\r\n\r\n',
        'GET /api/v1/services HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
        'GET /api HTTP/1.1\r\nHost : localhost\r\n\r\n',
        'GET /api HTTP/1.1\nHost: localhost\n\n',
        `GET /version HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(3000)}\r\n`,
      ),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean(), async (parts, half) => {
        const socket = connect(fixture.port, '127.0.0.1');
        for (const text of parts) socket.write(text, 'latin1');
        // Some say that they are done, some leave the server waiting, which then gives them up.
        if (half) socket.end();
        else setTimeout(() => socket.end(), 20);
        const text = await everythingFrom(socket);
        codes.add(text.slice(9, 12));
        isFirstWellFormed(text);
      }),
      RUNS,
    );
    for (const code of ['200', '400', '405'])
      assert.ok(codes.has(code), `no ${code} in ${[...codes].join(' ')}`);
    await isSound(fixture);
  });
});

/** Of several answers on one connection, the first; whole or cut. */
function isFirstWellFormed(text: string): void {
  if (text === '') return;
  assert.match(text, /^HTTP\/1\.1 \d{3} /);
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? Number.NaN);
  const end = text.indexOf('\r\n\r\n') + 4;
  if (length <= text.length - end) isWellFormed(text.slice(0, end + length));
}
