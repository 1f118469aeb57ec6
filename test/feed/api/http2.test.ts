import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { connect as plainConnect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { CertificateAuthority, type IssuedCertificate } from '../../rig/certificates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import {
  eventually,
  everythingFrom,
  type FixtureOptions,
  read,
  type Running,
  running,
} from './server-fixture.ts';

interface Http2Answer {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('the feed over TLS', () => {
  let authority: CertificateAuthority;
  let issued: IssuedCertificate;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fedsyncd-test-'));
    authority = new CertificateAuthority(directory);
    issued = authority.issue();
  });
  after(() => rm(directory, { recursive: true, force: true }));

  function secure(test: TestContext, options: FixtureOptions = {}): Promise<Running> {
    const access = { tlsCertFile: issued.certFile, tlsKeyFile: issued.keyFile };
    return running(test, { ...options, access });
  }

  function session(test: TestContext, { port }: Running): ClientHttp2Session {
    const client = connect(`https://127.0.0.1:${port}`, { ca: authority.cert });
    client.on('error', () => undefined);
    test.after(() => client.destroy());
    return client;
  }

  it('speaks HTTP/2 and HTTP/1.1', async (test) => {
    const fixture = await secure(test);
    const client = session(test, fixture);
    const answer = await ask(client, '/api/v1/services');
    assert.equal(answer.headers[':status'], 200);
    assert.match(answer.text, /"kind":"ServiceList"/);
    const missing = await ask(client, '/nothing', { accept: 'application/json' });
    assert.equal(missing.headers[':status'], 404);
    assert.match(missing.text, /"kind":"Status"/);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { port } = fixture;
    httpsRequest(
      { host: '127.0.0.1', port, path: '/version', ca: authority.cert, agent: false },
      (response) => {
        read(response).then(({ text }) => resolve(`${response.httpVersion} ${text}`), reject);
      },
    ).end();
    assert.match(await promise, /^1\.1 .*gitVersion/);
    assert.deepEqual(fixture.server.stats().connectionsTotal, { 'http/1.1': 1, h2: 1 });
  });

  it('carries many watches on one connection, and frees them with it', async (test) => {
    const fixture = await secure(test);
    const client = session(test, fixture);
    const streams = Array.from({ length: 20 }, () => client.request({ ':path': '/api/v1/services?watch=1' }));
    for (const stream of streams) stream.on('error', () => undefined).resume();
    await eventually('all are open', () => fixture.server.stats().watches === 20);
    streams[0]?.close(constants.NGHTTP2_CANCEL);
    await eventually('one is given up', () => fixture.server.stats().watches === 19);
    client.destroy();
    await eventually(
      'all are closed',
      () => fixture.server.stats().watches === 0 && fixture.store.watches.size === 0,
    );
  });

  it('cuts a stream, not the connection, when an answer breaks', async (test) => {
    const fixture = await secure(test);
    const client = session(test, fixture);
    fixture.store.endless = async function* () {
      yield Buffer.alloc(300_000, 'x');
      throw new Error('broken');
    };
    await assert.rejects(ask(client, '/api/v1/services'));
    fixture.store.endless = undefined;
    assert.equal((await ask(client, '/api/v1/services')).headers[':status'], 200);
  });

  it('cuts a stream whose reader takes nothing', async (test) => {
    const clock = new FakeClock();
    const fixture = await secure(test, { clock });
    const client = session(test, fixture);
    const stream = client.request({ ':path': '/api/v1/services' });
    stream.on('error', () => undefined);
    fixture.store.endless = async function* () {
      for (;;) yield Buffer.alloc(64 * 1024, 'x');
    };
    await eventually('the list waits', () => fixture.store.openLists === 1);
    // The flow control of HTTP/2 stops the server long before the kernel does.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await clock.advance(61_000);
    await eventually('the list is freed', () => fixture.store.openLists === 0);
    assert.equal(fixture.server.stats().cutOffTotal.stalled, 1);
    fixture.store.endless = undefined;
    assert.equal((await ask(client, '/api/v1/services')).headers[':status'], 200);
  });

  it('says goodbye to an idle connection, not to one with a watch', async (test) => {
    const clock = new FakeClock();
    const fixture = await secure(test, { clock });
    const busy = session(test, fixture);
    busy.request({ ':path': '/api/v1/services?watch=1' }).resume();
    const idle = session(test, fixture);
    await ask(idle, '/version');
    await eventually(
      'both are there',
      () => fixture.server.stats().connections === 2 && fixture.store.watches.size === 1,
    );
    await eventually('the stream is closed', () => clock.pending > 0);
    await clock.advance(125_000);
    await clock.advance(15_000);
    await eventually('the idle one is closed', () => fixture.server.stats().connections === 1);
    assert.equal(busy.closed, false);
  });

  it('closes a connection that opens and resets streams without end', async (test) => {
    const fixture = await secure(test);
    const client = session(test, fixture);
    await once(client, 'connect');
    for (let i = 0; i < 3000; i++) {
      const stream = client.request({ ':path': '/api/v1/services?watch=1' });
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      if (i % 20 === 0) await new Promise((turn) => setImmediate(turn));
    }
    // The client of Node does not notice it under that load.
    await eventually('the connection is closed', () => fixture.server.stats().connections === 0);
    const [watches] = fixture.server.stats().requestsTotal;
    assert.ok((watches?.count ?? 0) < 1000);
    await eventually('nothing is left', () => fixture.server.stats().watches === 0);
    assert.equal((await ask(session(test, fixture), '/version')).headers[':status'], 200);
  });

  it('refuses large headers and other methods', async (test) => {
    const fixture = await secure(test);
    const client = session(test, fixture);
    const large = await ask(client, '/version', { x: 'a'.repeat(20_000) });
    assert.equal(large.headers[':status'], 431);
    assert.match(large.text, /"kind":"Status"/);
    const post = await ask(session(test, fixture), '/api/v1/services', { ':method': 'POST' });
    assert.equal(post.headers[':status'], 405);
    const tunnel = session(test, fixture).request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const status = await new Promise((resolve) => {
      tunnel.on('response', (headers) => resolve(headers[':status']));
      tunnel.on('error', () => resolve('reset'));
      tunnel.on('close', () => resolve('closed'));
    });
    assert.notEqual(status, 200);
  });

  it('ends watches and connections when it closes', async (test) => {
    const fixture = await secure(test, { limits: { closeMs: 5000 } });
    const client = session(test, fixture);
    const watch = ask(client, '/api/v1/services?watch=1');
    await eventually('it watches', () => fixture.store.watches.size === 1);
    const goaway = new Promise((resolve) => client.once('goaway', resolve));
    await fixture.server.close();
    assert.equal((await watch).text, '');
    assert.equal(await goaway, 0);
  });

  it('survives who does not speak TLS', async (test) => {
    const fixture = await secure(test);
    const socket = plainConnect(fixture.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await everythingFrom(socket);
    assert.equal(fixture.server.stats().rejectedTotal.tls, 1);
    const garbage = tlsConnect({
      port: fixture.port,
      ca: authority.cert,
      ALPNProtocols: ['h2'],
      servername: 'localhost',
    });
    garbage.write('GET / HTTP/1.1\r\n\r\n');
    await everythingFrom(garbage);
    assert.equal((await ask(session(test, fixture), '/healthz')).text, 'ok');
  });
});

async function ask(
  client: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Http2Answer> {
  const stream = client.request({ ':path': path, ...headers });
  const { promise, resolve, reject } = Promise.withResolvers<Http2Answer>();
  let got: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on('response', (received) => (got = received));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', reject);
  stream.on('aborted', () => reject(new Error('the stream was reset')));
  stream.on('end', () => resolve({ headers: got, text: Buffer.concat(chunks).toString() }));
  stream.on('close', () => {
    if (stream.rstCode !== 0) reject(new Error(`reset with ${stream.rstCode}`));
  });
  return promise;
}
