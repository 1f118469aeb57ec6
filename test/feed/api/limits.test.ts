import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FakeClock } from '../../support/fake-clock.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { type Answer, eventually, everythingFrom, rawExchange, read, running } from './server-fixture.ts';

const WATCH = '/api/v1/services?watch=true';

function reasonOf({ text }: Answer): string {
  return (JSON.parse(text) as { reason: string }).reason;
}

/** A connection that sends a request and reads nothing of the answer. */
function silentReader(test: TestContext, port: number, path: string): Socket {
  const socket = connect(port, '127.0.0.1');
  test.after(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return socket;
}

/** More than the buffers of the kernel take for a reader that does not read. */
const BEYOND_KERNEL = Buffer.alloc(30_000_000, 'x');

async function* endless(): AsyncGenerator<Uint8Array, void, void> {
  for (;;) yield Buffer.alloc(64 * 1024, 'x');
}

describe('limits of the feed', () => {
  it('hold requests', async (test) => {
    const { get, store, server, open } = await running(test, { limits: { requests: 2 } });
    store.hangs = true;
    const hanging = [open('/api/v1/services'), open('/api/v1/services')];
    for (const promise of hanging) promise.catch(() => undefined);
    await eventually('both are in flight', () => server.stats().requestsInFlight === 2);
    const refused = await get('/api/v1/services');
    assert.match(refused.text, /the feed has too many requests/);
    assert.deepEqual(
      [refused.status, refused.headers['retry-after'], reasonOf(refused)],
      [429, '1', 'TooManyRequests'],
    );
    const { details } = JSON.parse(refused.text) as { details: object };
    assert.deepEqual(details, { retryAfterSeconds: 1 });
    assert.equal((await get('/healthz')).text, 'ok');
    assert.equal(server.stats().rejectedTotal.requests, 1);
  });

  it('count a request until its answer is taken', async (test) => {
    const { port, server, store, get } = await running(test, { limits: { requests: 20 } });
    store.get = () => Promise.resolve({ state: 'ok', body: BEYOND_KERNEL });
    const path = '/api/v1/namespaces/a/services/b';
    const asked = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const socket = silentReader(test, port, path);
    // The answers that queue behind one that is not taken are what a client can make the server keep.
    socket.write(asked.repeat(25));
    await eventually('all are answered', () => server.stats().rejectedTotal['user-requests'] > 0);
    assert.equal(server.stats().requestsInFlight, 15);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(server.stats().requestsInFlight, 15);
    assert.equal((await get(path)).status, 429);
    socket.destroy();
    await eventually('all places are free', () => server.stats().requestsInFlight === 0);
  });

  it('hold requests that follow without waiting for an answer', async (test) => {
    const { port, server, store, get } = await running(test);
    store.get = () => Promise.resolve({ state: 'ok', body: BEYOND_KERNEL });
    const socket = silentReader(test, port, '/api/v1/namespaces/a/services/b');
    socket.write('GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(100));
    await eventually('it is refused', () => server.stats().rejectedTotal.pipelined > 0);
    assert.equal(server.stats().rejectedTotal.pipelined, 1);
    await eventually('it is cut', () => server.stats().connections === 0);
    await eventually('all places are free', () => server.stats().requestsInFlight === 0);
    assert.equal((await get('/version')).status, 200);
  });

  it('leave room to others, however many requests one user has', async (test) => {
    const tokenFile = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(tokenFile, 'the-token,jane,1\nother-token,joe,2\n', { mode: 0o600 });
    const fixture = await running(test, { limits: { requests: 4 }, access: { tokenFile } });
    const { get, store, server, open } = fixture;
    const jane = { authorization: 'Bearer the-token' };
    store.hangs = true;
    for (let i = 0; i < 3; i++) open('/api/v1/services', jane).catch(() => undefined);
    await eventually('hers are in flight', () => server.stats().requestsInFlight === 3);
    const refused = await get('/apis', jane);
    assert.deepEqual([refused.status, refused.headers['retry-after']], [429, '1']);
    assert.match(refused.text, /this user has 3 requests/);
    assert.equal((await get('/apis', { authorization: 'Bearer other-token' })).status, 200);
    assert.equal(server.stats().rejectedTotal['user-requests'], 1);
  });

  it('hold watches, in all and of one user, and give places back', async (test) => {
    const { open, get, server, store } = await running(test, { limits: { watches: 3, watchesPerUser: 2 } });
    const first = await open(WATCH);
    await open(WATCH);
    const refused = await get(WATCH);
    assert.equal(refused.status, 429);
    assert.match(refused.text, /this user has 2 watches/);
    assert.equal(refused.headers['retry-after'], '5');
    first.destroy();
    await eventually('a place is free', () => server.stats().watches === 1);
    await open(WATCH);
    assert.equal(server.stats().rejectedTotal['user-watches'], 1);
    assert.equal(store.watches.size, 2);
    // Watches are no requests in flight.
    assert.equal(server.stats().requestsInFlight, 0);
    const few = await running(test, { limits: { watches: 1 } });
    await few.open(WATCH);
    assert.match((await few.get(WATCH)).text, /too many watches/);
    assert.equal(few.server.stats().rejectedTotal.watches, 1);
  });

  it('hold connections', async (test) => {
    const { port, server } = await running(test, { limits: { connections: 2 } });
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    test.after(() => sockets.forEach((socket) => socket.destroy()));
    await eventually('both are open', () => server.stats().connections === 2);
    assert.equal(await rawExchange(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'), '');
    assert.equal(server.stats().rejectedTotal.connections, 1);
  });

  it('hold URLs and headers', async (test) => {
    const { get, server, port } = await running(test);
    const long = await get(`/api/v1/services?labelSelector=${'a'.repeat(8200)}`);
    assert.deepEqual([long.status, reasonOf(long)], [414, 'RequestURITooLong']);
    const header = await rawExchange(
      port,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`,
    );
    assert.match(header, /^HTTP\/1.1 431 .*"kind":"Status".*"code":431/s);
    const { rejectedTotal } = server.stats();
    assert.deepEqual([rejectedTotal.url, rejectedTotal.headers], [1, 1]);
  });

  it('hold bodies', async (test) => {
    const { ask, port, server } = await running(test, { limits: { bodyBytes: 1000 } });
    const small = await ask('POST', '/api/v1/services', { body: 'x'.repeat(1000) });
    assert.equal(small.status, 405);
    assert.equal(small.headers['connection'], 'close');
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /api/v1/services HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n');
    socket.write('x'.repeat(100_000));
    assert.match(await everythingFrom(socket), /^(?:HTTP\/1.1 405 .*)?$/s);
    const get = await ask('GET', '/api/v1/services', { body: 'x' });
    assert.equal(get.status, 200);
    await eventually('it is counted', () => server.stats().rejectedTotal.body === 1);
  });

  it('hold who sends slowly', async (test) => {
    const { port, server } = await running(test, { limits: { headersMs: 300 } });
    const started = Date.now();
    const partial = await rawExchange(port, 'GET / HTTP/1.1\r\nHost: loc');
    assert.match(partial, /^HTTP\/1.1 408 .*"code":408/s);
    // Who says nothing at all.
    assert.match(await rawExchange(port), /^(?:HTTP\/1.1 408 .*)?$/s);
    assert.ok(Date.now() - started < 5000);
    assert.equal(server.stats().rejectedTotal.timeout >= 1, true);
    const again = await rawExchange(port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea');
    assert.match(again, /^HTTP\/1.1 200 .*HTTP\/1.1 408 /s);
  });

  it('cut a reader of a list that takes nothing, and free the list', async (test) => {
    const clock = new FakeClock();
    const { port, server, store } = await running(test, { clock });
    store.endless = endless;
    silentReader(test, port, '/api/v1/services');
    await eventually('the list waits for its reader', () => store.openLists === 1 && clock.pending >= 2);
    await clock.advance(59_000);
    assert.equal(store.openLists, 1);
    await clock.advance(2000);
    await eventually('the list is freed', () => store.openLists === 0 && server.stats().connections === 0);
    assert.equal(server.stats().cutOffTotal.stalled, 1);
  });

  it('cut a reader of a watch that takes nothing', async (test) => {
    const clock = new FakeClock();
    const { port, server, store } = await running(test, { clock });
    silentReader(test, port, WATCH);
    await eventually('the watch began', () => store.watches.size === 1);
    const [{ sink } = assert.fail('no watch')] = store.watches;
    await eventually('it is full', () => !sink.write(BEYOND_KERNEL));
    await clock.advance(59_000);
    assert.equal(store.watches.size, 1);
    await clock.advance(2000);
    await eventually(
      'the watch is freed',
      () => store.watches.size === 0 && server.stats().connections === 0,
    );
    assert.equal(server.stats().cutOffTotal.stalled, 1);
  });

  it('tell a watch that waits when its reader takes again', async (test) => {
    const clock = new FakeClock();
    const { port, store } = await running(test, { clock });
    const socket = silentReader(test, port, WATCH);
    await eventually('the watch began', () => store.watches.size === 1);
    const [{ sink } = assert.fail('no watch')] = store.watches;
    await eventually('it is full', () => !sink.write(BEYOND_KERNEL));
    socket.resume();
    await eventually('it goes on', () => store.resumed === 1);
    await clock.advance(120_000);
    assert.equal(store.watches.size, 1);
  });

  it('cut a client that does not take a short answer', async (test) => {
    const clock = new FakeClock();
    const { port, server, store } = await running(test, { clock, limits: { answerMs: 1000 } });
    store.get = () => Promise.resolve({ state: 'ok', body: BEYOND_KERNEL });
    silentReader(test, port, '/api/v1/namespaces/a/services/b');
    await eventually('it is answered', () => server.stats().requestsTotal.length === 1);
    await clock.advance(61_000);
    await eventually('the connection is cut', () => server.stats().connections === 0);
  });

  it('answer 504 when nothing can be said in time', async (test) => {
    const clock = new FakeClock();
    const { get, store, server } = await running(test, { clock });
    store.hangs = true;
    const asked = get('/api/v1/namespaces/a/services/b');
    await eventually('it is in flight', () => server.stats().requestsInFlight === 1);
    await clock.advance(31_000);
    const answer = await asked;
    assert.deepEqual([answer.status, reasonOf(answer)], [504, 'Timeout']);
    assert.equal(server.stats().requestsInFlight, 0);
  });

  it('break a list off that takes too long', async (test) => {
    const clock = new FakeClock();
    const { open, store, server } = await running(test, { clock });
    store.endless = async function* () {
      for (;;) {
        yield Buffer.alloc(100_000, 'x');
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const message = await open('/api/v1/services');
    const broken = assert.rejects(read(message));
    await clock.advance(601_000);
    await broken;
    assert.equal(server.stats().cutOffTotal.overtime, 1);
    await eventually('the list is freed', () => store.openLists === 0);
  });

  it('count what was asked', async (test) => {
    const { get, ask, open, server } = await running(test);
    await get('/api/v1/services');
    await get('/api/v1/services');
    await get('/api/v1/namespaces/shop/services/none');
    await get('/apis');
    await get('/openapi/v2');
    await get('/nothing');
    await ask('POST', '/api/v1/services');
    (await open(WATCH)).destroy();
    await eventually('all are counted', () => server.stats().requestsTotal.length === 7);
    const shown = server
      .stats()
      .requestsTotal.map(({ verb, resource, code, count }) => `${verb} ${resource || '-'} ${code} ${count}`);
    assert.deepEqual(shown.sort(), [
      'get - 404 1',
      'get discovery 200 1',
      'get openapi 200 1',
      'get services 404 1',
      'list services 200 2',
      'other services 405 1',
      'watch services 200 1',
    ]);
    assert.ok(server.stats().bytesSentTotal > 1000);
    assert.ok(server.stats().connectionsTotal['http/1.1'] >= 8);
  });
});

describe('closing the feed', () => {
  it('ends watches in the ordinary way and lets answers finish', async (test) => {
    const { open, server, store, events } = await running(test, { limits: { closeMs: 5000 } });
    const watch = await open(WATCH);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    store.endless = async function* () {
      yield Buffer.alloc(200_000, 'x');
      await gate;
      yield Buffer.from('the end');
    };
    const list = await open('/api/v1/services');
    const closed = server.close();
    assert.equal((await read(watch)).text, '');
    release();
    assert.match((await read(list)).text, /the end$/);
    await closed;
    await server.close();
    assert.equal(server.stats().connections, 0);
    assert.equal(events.last?.event, 'feed.closed');
    await assert.rejects(open('/healthz'));
  });

  it('cuts what does not end in time', async (test) => {
    const { open, server, store } = await running(test, { limits: { closeMs: 100 } });
    store.endless = endless;
    const list = await open('/api/v1/services');
    list.on('error', () => undefined);
    await server.close();
    await eventually('all is freed', () => store.openLists === 0 && server.stats().connections === 0);
  });

  it('says why it cannot listen', async (test) => {
    const { server, port } = await running(test);
    await assert.rejects(server.listen({ host: '127.0.0.1', port }), {
      name: 'FeedListenError',
      message: `cannot listen at 127.0.0.1:${port}: the address is in use`,
    });
  });
});
