import assert from 'node:assert/strict';
import { copyFile, rename, rm, writeFile } from 'node:fs/promises';
import {
  type ClientHttp2Session,
  connect as connectH2,
  createSecureServer,
  type Http2SecureServer,
} from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls';
import type { FeedAccessOptions } from '../../../src/feed/access/access-options.ts';
import { presentedCertificate } from '../../../src/feed/access/client-certificate.ts';
import type { Authentication } from '../../../src/feed/access/feed-user.ts';
import { CertificateAuthority, type IssuedCertificate } from '../../rig/certificates.ts';
import { within } from '../../rig/deadline.ts';
import { scratchDirectory } from '../../rig/scratch.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { type Opened, bearer, opened, soon } from './access-fixture.ts';

let directory = '';
let ca: CertificateAuthority;
let otherCa: CertificateAuthority;
let first: IssuedCertificate;
let second: IssuedCertificate;

before(async () => {
  directory = await scratchDirectory('feed-tls');
  ca = new CertificateAuthority(join(directory, 'ca'));
  otherCa = new CertificateAuthority(join(directory, 'other'), 'other-ca');
  first = ca.issue({ commonName: 'first' });
  second = ca.issue({ commonName: 'second' });
});
after(() => rm(directory, { recursive: true, force: true }));

interface Served extends Opened {
  readonly port: number;
  readonly server: Http2SecureServer;
  readonly certFile: string;
  readonly keyFile: string;
  /** Sockets as requests show them. */
  readonly sockets: object[];
}

/** A server as the feed has it, that answers each request with what authentication says. */
async function serve(test: TestContext, options: Partial<FeedAccessOptions> = {}): Promise<Served> {
  const place = await tempDirectory(test);
  const [certFile, keyFile] = [join(place, 'tls.crt'), join(place, 'tls.key')];
  await copyFile(first.certFile, certFile);
  await copyFile(first.keyFile, keyFile);
  const found = await opened(test, { tlsCertFile: certFile, tlsKeyFile: keyFile, ...options });
  const { tls } = found.access;
  assert.ok(tls);
  const sockets: object[] = [];
  const server = createSecureServer({ ...tls.serverOptions(), allowHTTP1: true }, (req, res) => {
    const socket = req.httpVersion === '2.0' ? (req.stream.session?.socket ?? req.socket) : req.socket;
    sockets.push(socket);
    const credentials = {
      authorization: req.headers.authorization,
      certificate: presentedCertificate(socket),
      remoteAddress: socket.remoteAddress ?? '',
      host: req.headers.host ?? req.headers[':authority'],
    };
    void found.access.authenticate(credentials, soon()).then((answer) => res.end(JSON.stringify(answer)));
  });
  const unfollow = tls.follow(server);
  // A handshake that a test breaks off is no news.
  server.on('sessionError', () => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const open = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => open.add(socket));
  test.after(async () => {
    unfollow();
    for (const socket of open) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return { ...found, server, certFile, keyFile, sockets, port: (server.address() as AddressInfo).port };
}

async function dial(test: TestContext, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: ca.cert, ALPNProtocols: ['http/1.1'], ...options });
  test.after(() => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('secureConnect', resolve).once('error', reject);
  await within('a handshake', promise);
  return socket;
}

async function servedName(test: TestContext, port: number): Promise<unknown> {
  const socket = await dial(test, port);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

/** One request over an open connection; HTTP/1.1 by hand, so that it surely stays on it. */
async function ask(socket: TLSSocket, header = ''): Promise<Authentication> {
  const { promise, resolve, reject } = Promise.withResolvers<Authentication>();
  let text = '';
  const onData = (chunk: Buffer): void => {
    text += chunk.toString();
    const body = /\{.*\}/.exec(text)?.[0];
    if (body !== undefined) resolve(JSON.parse(body) as Authentication);
  };
  socket
    .on('data', onData)
    .once('error', reject)
    .once('close', () => reject(new Error('closed')));
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${header}\r\n`);
  try {
    return await within('an answer', promise);
  } finally {
    socket.off('data', onData);
  }
}

describe('the serving certificate', () => {
  it('is taken anew by new connections, while open ones go on', async (test) => {
    const { access, events, port, certFile, keyFile } = await serve(test, { anonymous: true });
    const open = await dial(test, port);
    assert.equal(open.getPeerCertificate().subject.CN, 'first');
    const before = access.stats.certificateNotAfter;
    await copyFile(second.keyFile, `${keyFile}.new`);
    await copyFile(second.certFile, `${certFile}.new`);
    await rename(`${keyFile}.new`, keyFile);
    await rename(`${certFile}.new`, certFile);
    const loaded = await events.until('the new pair', ({ event }) => event === 'feed.access.loaded');
    assert.ok('message' in loaded && 'what' in loaded);
    assert.match(loaded.message, /^the certificate is valid until \d{4}-.*Z$/);
    assert.equal(loaded.what, '--feed-tls-cert-file, --feed-tls-key-file');
    assert.equal(await servedName(test, port), 'second');
    assert.equal((await ask(open)).outcome, 'user');
    assert.ok(before !== null && before > Date.now());
  });

  it('stays where the new pair is not usable', async (test) => {
    const { access, events, port, certFile, keyFile } = await serve(test);
    const broken: readonly [string, () => Promise<void>, RegExp][] = [
      [
        'another certificate',
        () => copyFile(second.certFile, certFile),
        /--feed-tls-key-file: .*tls\.key does not belong to the certificate/,
      ],
      [
        'half a certificate',
        () => writeFile(certFile, first.cert.slice(0, 200)),
        /--feed-tls-cert-file: .*tls\.crt holds no PEM certificate/,
      ],
      [
        'a broken certificate',
        () => writeFile(certFile, first.cert.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA')),
        /tls\.crt: certificate 1 of 1 cannot be read/,
      ],
    ];
    for (const [name, breakIt, message] of broken) {
      await breakIt();
      const rejected = await events.until(
        name,
        (e) => e.event === 'feed.access.rejected' && message.test(e.message),
      );
      assert.ok('message' in rejected);
      assert.equal(await servedName(test, port), 'first');
    }
    assert.equal(access.stats.rejectedFiles, 1);
    await copyFile(first.certFile, certFile);
    await events.until('the old pair again', ({ event }) => event === 'feed.access.loaded');
    await writeFile(keyFile, 'no key at all');
    await events.until('no key', (e) => 'message' in e && e.message.includes('holds no PEM private key'));
    assert.equal(await servedName(test, port), 'first');
    assert.ok(!JSON.stringify(events.all).includes('PRIVATE'));
  });

  it('must be usable at the start', async (test) => {
    const tries: readonly [Partial<FeedAccessOptions>, RegExp][] = [
      [
        { tlsCertFile: first.certFile, tlsKeyFile: second.keyFile },
        /--feed-tls-key-file: .* does not belong/,
      ],
      [
        { tlsCertFile: '/nowhere', tlsKeyFile: first.keyFile },
        /--feed-tls-cert-file: \/nowhere cannot be read \(ENOENT\)/,
      ],
      [
        { tlsCertFile: first.certFile, tlsKeyFile: first.keyFile, clientCaFile: first.keyFile },
        /--feed-client-ca-file: .* holds no PEM certificate/,
      ],
    ];
    for (const [options, message] of tries) {
      await assert.rejects(opened(test, options), { name: 'FeedAccessError', message });
    }
  });

  it('speaks HTTP/2 and HTTP/1.1, and no TLS before 1.2', async (test) => {
    const { port } = await serve(test);
    const protocol = async (ALPNProtocols: string[]): Promise<unknown> =>
      (await dial(test, port, { ALPNProtocols })).alpnProtocol;
    assert.equal(await protocol(['h2', 'http/1.1']), 'h2');
    assert.equal(await protocol(['http/1.1']), 'http/1.1');
    await assert.rejects(dial(test, port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }));
  });
});

describe('client certificates', () => {
  const jane = (): IssuedCertificate => ca.issue({ commonName: 'jane', organization: 'dev' });

  it('name the user, over HTTP/1.1 and HTTP/2', async (test) => {
    const { port } = await serve(test, { clientCaFile: ca.certFile });
    const { cert, key } = jane();
    const expected = {
      outcome: 'user',
      user: {
        name: 'jane',
        uid: '',
        groups: ['dev', 'system:authenticated'],
        extra: {},
        method: 'certificate',
      },
    };
    assert.deepEqual(await ask(await dial(test, port, { cert, key })), expected);
    const session = connectH2(`https://127.0.0.1:${port}`, { ca: ca.cert, cert, key });
    test.after(() => session.destroy());
    for (let i = 0; i < 2; i++) assert.deepEqual(await askH2(session), expected);
  });

  it('are not needed with a token; without both the answer says so', async (test) => {
    const tokenFile = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(tokenFile, 'token-of-bob,bob,1\n');
    const { port } = await serve(test, { clientCaFile: ca.certFile, tokenFile });
    const socket = await dial(test, port);
    const refused = await ask(socket);
    assert.deepEqual(refused, {
      outcome: 'refused',
      reason: 'credentials are needed: a client certificate or a bearer token',
    });
    const answer = await ask(socket, `Authorization: ${bearer('token-of-bob').authorization}\r\n`);
    assert.ok(answer.outcome === 'user');
    assert.equal(answer.user.name, 'bob');
  });

  it('of another CA, expired, or without any CA prove nothing', async (test) => {
    const { port } = await serve(test, { clientCaFile: ca.certFile });
    const stranger = otherCa.issue({ commonName: 'system:admin', organization: 'system:masters' });
    for (const { cert, key } of [stranger, ca.issue({ commonName: 'late', days: -1 })]) {
      const answer = await ask(await dial(test, port, { cert, key }));
      assert.ok(answer.outcome === 'refused');
      assert.match(answer.reason, /the client certificate is not accepted \([A-Z_]+\)/);
    }
    const plain = await serve(test);
    const { cert, key } = jane();
    const answer = await ask(await dial(test, plain.port, { cert, key }));
    assert.ok(answer.outcome === 'user' && answer.user.method === 'anonymous', 'nobody asked for it');
  });

  it('are known in resumed sessions, and their absence too', async (test) => {
    const { port } = await serve(test, { clientCaFile: ca.certFile });
    const { cert, key } = jane();
    for (const [options, outcome] of [
      [{ cert, key }, 'user'],
      [{}, 'refused'],
    ] as const) {
      for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
        const socket = await dial(test, port, { ...options, maxVersion });
        const session = Promise.withResolvers<Buffer>();
        socket.once('session', session.resolve);
        assert.equal((await ask(socket)).outcome, outcome);
        const ticket =
          maxVersion === 'TLSv1.3' ? await within('a ticket', session.promise) : socket.getSession();
        assert.ok(ticket);
        const again = await dial(test, port, { ...options, maxVersion, session: ticket });
        assert.equal(again.isSessionReused(), true);
        assert.equal((await ask(again)).outcome, outcome, `resumed, ${maxVersion}`);
      }
    }
  });

  it('count no more when the client CA changes: what it proved is cut, the rest goes on', async (test) => {
    const clientCaFile = join(await tempDirectory(test), 'ca.crt');
    await copyFile(ca.certFile, clientCaFile);
    const { events, port } = await serve(test, { clientCaFile, anonymous: true });
    const { cert, key } = jane();
    const proven = await dial(test, port, { cert, key });
    const unproven = await dial(test, port);
    assert.equal((await ask(proven)).outcome, 'user');
    const session = proven.getSession();
    const closed = Promise.withResolvers<void>();
    proven.on('error', () => {}).once('close', () => closed.resolve());
    await copyFile(otherCa.certFile, clientCaFile);
    await events.until('the new CA', ({ event }) => event === 'feed.access.loaded');
    // Well before the server would end an idle connection by itself.
    await within('the cut', closed.promise, 3_000);
    assert.equal((await ask(unproven)).outcome, 'user');
    for (const options of [
      { cert, key },
      { cert, key, session },
    ]) {
      assert.equal((await ask(await dial(test, port, options))).outcome, 'refused');
    }
    const other = otherCa.issue({ commonName: 'eve' });
    const answer = await ask(await dial(test, port, { cert: other.cert, key: other.key }));
    assert.ok(answer.outcome === 'user' && answer.user.name === 'eve');
  });
});

describe('presentedCertificate', () => {
  it('knows several organizations, and nothing without TLS', async (test) => {
    assert.equal(presentedCertificate({}), undefined);
    const { port, sockets } = await serve(test, { clientCaFile: ca.certFile });
    const { cert, key } = ca.issue({ commonName: 'jane', organization: 'dev/O=ops' });
    await ask(await dial(test, port, { cert, key }));
    const shown = presentedCertificate(sockets[0] ?? {});
    assert.ok(shown?.state === 'verified');
    assert.deepEqual([shown.commonNames, shown.organizations], [['jane'], ['dev', 'ops']]);
    assert.ok(shown.notBefore <= Date.now() && shown.notAfter > Date.now());
    assert.equal(presentedCertificate(sockets[0] ?? {}), shown);
  });
});

describe('FeedTls with node:https', () => {
  it('gives options without HTTP/2', async (test) => {
    const { createServer } = await import('node:https');
    const { access } = await opened(test, { tlsCertFile: first.certFile, tlsKeyFile: first.keyFile });
    assert.ok(access.tls);
    const server = createServer(access.tls.serverOptions(['http/1.1']), (_, res) => res.end('ok'));
    const stop = access.tls.follow(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.after(() => {
      stop();
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    request({ host: '127.0.0.1', port, ca: ca.cert, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .once('error', reject)
      .end();
    assert.equal(await within('an answer', promise), 200);
  });
});

async function askH2(session: ClientHttp2Session): Promise<Authentication> {
  const stream = session.request({ ':path': '/' });
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  stream.once('end', resolve).once('error', reject);
  await within('an answer', promise);
  return JSON.parse(text) as Authentication;
}
