import assert from 'node:assert/strict';
import { type Socket, connect, isIP } from 'node:net';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import { after, describe, it } from 'node:test';
import { parseProxyAddress } from '../../../src/adapters/kubernetes/access/address.ts';
import type { KubeEndpoint } from '../../../src/adapters/kubernetes/access/endpoint.ts';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { within } from '../../rig/deadline.ts';
import { ApiServer, json } from './api-server.ts';
import { Workspace, endpoint, failure, fetchText, hostWith, options } from './fixtures.ts';
import { TcpServer } from './raw-servers.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(`${workspace.directory}/ca`);
const otherCa = new CertificateAuthority(`${workspace.directory}/other`);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

const trusted: KubeEndpoint['tls'] = {
  serverName: '',
  insecureSkipVerify: false,
  ca: ca.cert,
  cert: '',
  key: '',
};

async function tryIt(target: KubeEndpoint, timeouts = options): Promise<{ status: number }> {
  const transport = new HttpTransport(target, timeouts, hostWith({}));
  try {
    return await within('an outcome', fetchText(transport, '/'));
  } finally {
    await transport.close();
  }
}

describe('errors of the connection are classed', () => {
  it('nothing listens: ConnectionRefused', async () => {
    const server = await TcpServer.start(() => {});
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const error = await failure(tryIt(endpoint(`https://127.0.0.1:${port}`)));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'ConnectionRefused']);
    assert.match(error.message, new RegExp(`^https://127.0.0.1:${port}: nothing listens`));
  });

  it('no such name: DnsFailed', async () => {
    const error = await failure(tryIt(endpoint('https://no-such-host.invalid:6443')));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'DnsFailed']);
  });

  it('a server that takes the connection and says nothing: Timeout, naming the TLS handshake', async () => {
    await using server = await TcpServer.start(() => {});
    const error = await failure(
      tryIt(endpoint(`https://127.0.0.1:${server.port}`), { ...options, connectTimeoutMs: 100 }),
    );
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Timeout']);
    assert.match(error.message, /no TLS handshake within 0.1 s/);
  });

  it('a server that hangs up: Unreachable', async () => {
    await using server = await TcpServer.start((socket) => socket.destroy());
    const error = await failure(tryIt(endpoint(`https://127.0.0.1:${server.port}`)));
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Unreachable']);
  });

  it('a server without TLS: TlsFailed', async () => {
    await using server = await ApiServer.start({ protocol: 'http', handler: (_q, r) => json(r, 200, {}) });
    const error = await failure(tryIt(endpoint(`https://127.0.0.1:${server.port}`, { tls: trusted })));
    assert.equal(error.reason, 'TlsFailed');
    assert.match(error.message, /does not speak TLS/);
  });

  const cases: readonly {
    name: string;
    certificate?: ReturnType<CertificateAuthority['issue']>;
    tls: Partial<KubeEndpoint['tls']>;
    message: RegExp;
  }[] = [
    { name: 'unknown CA', tls: { ca: otherCa.cert }, message: /the CA does not vouch|unknown CA/ },
    { name: 'no CA given', tls: { ca: '' }, message: /the CA does not vouch|unknown CA/ },
    { name: 'expired', certificate: ca.issue({ days: -1 }), tls: {}, message: /has expired/ },
    {
      name: 'another address',
      certificate: ca.issue({ ips: ['10.1.2.3'] }),
      tls: {},
      message: /for another name .*10\.1\.2\.3/,
    },
    { name: 'another tls-server-name', tls: { serverName: 'api.example' }, message: /for another name/ },
  ];
  for (const { name, tls, message, certificate: own = certificate } of cases) {
    it(`certificate: ${name}: TlsFailed`, async () => {
      await using server = await ApiServer.start({
        protocol: 'h2',
        certificate: own,
        handler: (_q, r) => json(r, 200, {}),
      });
      const error = await failure(tryIt(endpoint(server.url, { tls: { ...trusted, ...tls } })));
      assert.deepEqual([error.reaction, error.reason], ['retry', 'TlsFailed']);
      assert.match(error.message, message);
    });
  }

  for (const protocol of ['h2', 'https'] as const) {
    it(`a client certificate is wanted and not given: TlsFailed (${protocol})`, async () => {
      await using server = await ApiServer.start({
        protocol,
        certificate,
        clientCa: ca.cert,
        handler: (_q, r) => json(r, 200, {}),
      });
      const error = await failure(tryIt(endpoint(server.url, { tls: trusted })));
      assert.equal(error.reason, 'TlsFailed', error.message);
      const { cert, key } = ca.issue({ commonName: 'client' });
      assert.equal((await tryIt(endpoint(server.url, { tls: { ...trusted, cert, key } }))).status, 200);
    });
  }
});

describe('TLS that works', () => {
  it('insecure-skip-tls-verify takes any certificate', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate: otherCa.issue({ days: -1, ips: [] }),
      handler: (_q, r) => json(r, 200, {}),
    });
    const target = endpoint(server.url, { tls: { ...trusted, ca: '', insecureSkipVerify: true } });
    assert.equal((await tryIt(target)).status, 200);
  });

  it('tls-server-name is verified and sent as SNI', async () => {
    let asked: string | false | null | undefined;
    await using server = await TcpServer.start(() => {});
    const own = ca.issue({ dns: ['api.example'], ips: [] });
    const tls = createTls({ cert: own.cert, key: own.key }, (socket: TLSSocket) => {
      asked = socket.servername;
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    });
    server.server.on('connection', (socket: Socket) => tls.emit('connection', socket));
    const target = endpoint(`https://127.0.0.1:${server.port}`, {
      tls: { ...trusted, serverName: 'api.example' },
    });
    assert.equal((await tryIt(target)).status, 200);
    assert.equal(asked, 'api.example');
  });

  it("trusts the server's own certificate when that is the CA file, as Go does", async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (_q, r) => json(r, 200, {}),
    });
    const target = endpoint(server.url, { tls: { ...trusted, ca: certificate.cert } });
    assert.equal((await tryIt(target)).status, 200);
  });

  it('IPv6 with brackets', async () => {
    const six = createTls({ cert: certificate.cert, key: certificate.key }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    });
    await new Promise<void>((resolve) => six.listen(0, '::1', resolve));
    const address = six.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    assert.equal((await tryIt(endpoint(`https://[::1]:${port}`, { tls: trusted }))).status, 200);
    await new Promise((resolve) => six.close(resolve));
  });
});

describe('proxies', () => {
  const heads: string[] = [];

  /** Answers CONNECT; `accept` looks at the request's head. */
  function connectProxy(accept: (head: string) => string): (socket: Socket) => void {
    return (socket) => {
      socket.on('error', () => {});
      socket.once('data', (head: Buffer) => {
        heads.push(head.toString());
        const answer = accept(head.toString());
        socket.write(answer);
        if (!answer.includes(' 200 ')) return;
        const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) /.exec(head.toString()) ?? [];
        const onward = connect(Number(port), host).on('error', () => socket.destroy());
        socket.pipe(onward).pipe(socket);
      });
    };
  }

  const ok = (): string => 'HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n';

  it('http CONNECT with user and password', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (_q, r) => json(r, 200, {}),
    });
    await using proxy = await TcpServer.start(connectProxy(ok));
    heads.length = 0;
    const target = endpoint(server.url, {
      tls: trusted,
      proxy: parseProxyAddress(`http://me:s3cr%40t@127.0.0.1:${proxy.port}`),
    });
    assert.equal((await tryIt(target)).status, 200);
    assert.match(heads[0] ?? '', new RegExp(`^CONNECT 127.0.0.1:${server.port} HTTP/1.1\r\n`));
    assert.match(heads[0] ?? '', new RegExp(`Basic ${Buffer.from('me:s3cr@t').toString('base64')}\r\n`));
  });

  it('an https proxy', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (_q, r) => json(r, 200, {}),
    });
    await using front = await TcpServer.start(() => {});
    const tls = createTls({ cert: certificate.cert, key: certificate.key }, connectProxy(ok));
    front.server.on('connection', (socket: Socket) => tls.emit('connection', socket));
    const proxy = parseProxyAddress(`https://127.0.0.1:${front.port}`);
    assert.equal((await tryIt(endpoint(server.url, { tls: trusted, proxy }))).status, 200);
    const other = { ...trusted, ca: otherCa.cert };
    const error = await failure(tryIt(endpoint(server.url, { tls: other, proxy })));
    assert.equal(error.reason, 'TlsFailed');
    assert.match(error.message, /^proxy https:/);
  });

  it('a refusal names the proxy and its status, never its password', async () => {
    for (const [status, reason] of [
      [407, 'Unauthorized'],
      [403, 'Forbidden'],
      [502, 'Unreachable'],
    ] as const) {
      await using proxy = await TcpServer.start(connectProxy(() => `HTTP/1.1 ${status} No\r\n\r\n`));
      const target = endpoint('https://10.9.8.7:6443', {
        proxy: parseProxyAddress(`http://me:s3cret@127.0.0.1:${proxy.port}`),
      });
      const error = await failure(tryIt(target));
      assert.equal(error.reason, reason);
      assert.match(error.message, new RegExp(`^proxy http://127.0.0.1:${proxy.port}: it answered ${status}`));
      assert.doesNotMatch(JSON.stringify([error.message, String(error.cause)]), /s3cret/);
    }
  });

  it('socks5 with user and password, by address', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (_q, r) => json(r, 200, {}),
    });
    await using proxy = await TcpServer.start((socket) => {
      const steps: ((data: Buffer) => void)[] = [
        () => socket.write(Buffer.from([5, 2])),
        (data) => socket.write(Buffer.from([1, data.includes('me') && data.includes('pw') ? 0 : 1])),
        (data) => {
          const host = [...data.subarray(4, 8)].join('.');
          assert.ok(isIP(host));
          const onward = connect(data.readUInt16BE(8), host).on('error', () => socket.destroy());
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          socket.pipe(onward).pipe(socket);
        },
      ];
      const next = (data: Buffer): void => {
        const step = steps.shift();
        if (steps.length > 0) socket.once('data', next);
        step?.(data);
      };
      socket.once('data', next);
    });
    const via = (user: string): KubeEndpoint =>
      endpoint(server.url, {
        tls: trusted,
        proxy: parseProxyAddress(`socks5://${user}@127.0.0.1:${proxy.port}`),
      });
    assert.equal((await tryIt(via('me:pw'))).status, 200);
    assert.equal((await failure(tryIt(via('me:no')))).reason, 'Unauthorized');
  });
});
