import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { until, within } from '../../rig/deadline.ts';
import { ApiServer, type ApiServerOptions, type Handler, json } from './api-server.ts';
import { RawHttp2Server, Relay, resetStream, responseHead } from './raw-servers.ts';
import { Workspace, endpoint, failure, fetchText, hostWith, options, text } from './fixtures.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(workspace.directory);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

const trusted = { serverName: '', insecureSkipVerify: false, ca: ca.cert, cert: '', key: '' };

function serve(protocol: ApiServerOptions['protocol'], handler: Handler): Promise<ApiServer> {
  return ApiServer.start({ protocol, certificate, handler });
}

function open(server: ApiServer, tuning: Parameters<typeof hostWith>[0] = {}): HttpTransport {
  return new HttpTransport(endpoint(server.url, { tls: trusted }), options, hostWith(tuning));
}

for (const protocol of ['h2', 'https', 'http'] as const) {
  describe(`HttpTransport over ${protocol}`, () => {
    it('sends path, base path, credentials and impersonation, and gives the answer', async () => {
      await using server = await serve(protocol, (request, response) => {
        const { authorization, accept } = request.headers;
        json(response, 203, {
          url: request.url,
          authorization,
          accept,
          groups: request.headers['impersonate-group'],
          host: request.headers.host ?? request.headers[':authority'],
        });
      });
      const transport = new HttpTransport(
        endpoint(`${server.url}/k8s/clusters/c-x/`, {
          tls: trusted,
          credential: { type: 'token', token: 'abc' },
          impersonation: { 'impersonate-user': 'jane', 'impersonate-group': ['a', 'b'] },
        }),
        options,
        hostWith({}),
      );
      const signal = AbortSignal.timeout(10_000);
      const response = await transport.get({ path: '/api?x=1', accept: 'application/x', signal });
      assert.equal(response.status, 203);
      assert.equal(response.headers['content-type'], 'application/json');
      assert.deepEqual(JSON.parse(await text(response.body)), {
        url: '/k8s/clusters/c-x/api?x=1',
        authorization: 'Bearer abc',
        accept: 'application/x',
        groups: 'a, b',
        host: `127.0.0.1:${server.port}`,
      });
      await transport.close();
    });

    it('asks for plain answers, and names one that is compressed all the same', async () => {
      let status = 200;
      await using server = await serve(protocol, (request, response) => {
        assert.equal(request.headers['accept-encoding'], 'identity');
        (response as ServerResponse)
          .writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync('{}'));
      });
      const transport = open(server);
      const request = { path: '/api', signal: AbortSignal.timeout(10_000) };
      const error = await failure(transport.get(request));
      assert.deepEqual([error.reaction, error.reason], ['retry', 'ProtocolError']);
      assert.match(error.message, /compressed \(gzip\), which was not asked for/);
      // What matters of a refusal is in its status.
      status = 503;
      assert.equal((await transport.get(request)).status, 503);
      await transport.close();
    });

    it('uses one connection again and again', async () => {
      await using server = await serve(protocol, (_request, response) => json(response, 200, {}));
      const transport = open(server);
      for (let i = 0; i < 5; i++) await fetchText(transport, '/api');
      assert.equal(server.connections, 1);
      await transport.close();
      await until('sockets closed', () => server.sockets.size === 0);
    });

    it('rejects a body that breaks off', async () => {
      await using server = await serve(protocol, (_request, response) => {
        (response as ServerResponse).write('x'.repeat(1000));
      });
      const transport = open(server);
      const response = await transport.get({ path: '/', signal: AbortSignal.timeout(10_000) });
      const reading = failure(text(response.body));
      for (const socket of server.sockets) socket.destroy();
      const error = await within('the body rejects', reading);
      assert.equal(error.reaction, 'retry');
      assert.equal(error.reason, 'Unreachable');
      await transport.close();
    });

    it('ends a request and a body when the signal aborts', async () => {
      let closed = 0;
      await using server = await serve(protocol, (request, response) => {
        response.once('close', () => closed++);
        if (request.url === '/body') (response as ServerResponse).write('x');
      });
      const transport = open(server);
      const reason = new Error('stop');
      const asked = new AbortController();
      const waiting = transport.get({ path: '/never', signal: asked.signal });
      const streamed = new AbortController();
      const response = await transport.get({ path: '/body', signal: streamed.signal });
      const reading = text(response.body);
      asked.abort(reason);
      streamed.abort(reason);
      const outcomes = await within('both end', Promise.allSettled([waiting, reading]));
      assert.deepEqual(
        outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason === reason),
        [true, true],
      );
      await until('the server saw both end', () => closed === 2);
      await transport.close();
    });

    it('gives up when no answer comes', async () => {
      await using server = await serve(protocol, () => {});
      const transport = new HttpTransport(
        endpoint(server.url, { tls: trusted }),
        { ...options, requestTimeoutMs: 100 },
        hostWith({}),
      );
      const error = await failure(fetchText(transport, '/'));
      assert.equal(error.reason, 'Timeout');
      assert.match(error.message, /no answer within 0.1 s/);
      await transport.close();
    });

    it('does not read ahead of a slow consumer without bound', async () => {
      const chunk = Buffer.alloc(64 * 1024);
      let written = 0;
      await using server = await serve(protocol, (_request, response) => {
        const out = response as Http2ServerResponse;
        void (async () => {
          while (written < 64 * 1024 * 1024 && !out.destroyed) {
            written += chunk.length;
            if (!out.write(chunk)) await once(out, 'drain').catch(() => {});
          }
        })();
      });
      const transport = open(server, { streamWindowBytes: 1 << 20, connectionWindowBytes: 2 << 20 });
      const controller = new AbortController();
      const response = await transport.get({ path: '/', signal: controller.signal });
      const iterator = response.body[Symbol.asyncIterator]();
      await iterator.next();
      let last = -1;
      await until('the server is held back', () => {
        const steady = written === last;
        last = written;
        return steady;
      });
      assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`);
      controller.abort();
      await transport.close();
    });

    it('close rejects what is open, frees every socket, and may be called twice', async () => {
      await using server = await serve(protocol, (request, response) => {
        if (request.url === '/body') (response as ServerResponse).write('x');
      });
      const transport = open(server);
      const signal = AbortSignal.timeout(10_000);
      const response = await transport.get({ path: '/body', signal });
      const reading = failure(text(response.body));
      const waiting = failure(transport.get({ path: '/never', signal }));
      await until('the second request is there', () => server.connections === (protocol === 'h2' ? 1 : 2));
      await transport.close();
      await transport.close();
      assert.equal((await within('body rejects', reading)).reason, 'Unreachable');
      assert.equal((await within('get rejects', waiting)).reason, 'Unreachable');
      assert.match((await failure(transport.get({ path: '/', signal }))).message, /closed by us/);
      await until('sockets closed', () => server.sockets.size === 0);
    });
  });
}

describe('HttpTransport over HTTP/2 only', () => {
  it('sends all parallel requests over one session', async () => {
    await using server = await serve('h2', (_request, response) => json(response, 200, {}));
    const transport = open(server);
    await Promise.all(Array.from({ length: 20 }, () => fetchText(transport, '/api')));
    assert.equal(server.connections, 1);
    await transport.close();
  });

  it('lets streams finish after GOAWAY and opens a new session for new ones', async () => {
    const held: Http2ServerResponse[] = [];
    await using server = await serve('h2', (request, response) => {
      if (request.url !== '/held') return json(response, 200, {});
      const out = response as Http2ServerResponse;
      out.write('first ');
      held.push(out);
    });
    const transport = open(server);
    const response = await transport.get({ path: '/held', signal: AbortSignal.timeout(10_000) });
    const reading = text(response.body);
    for (const session of server.sessions) session.close();
    await until('a new session', async () => {
      await fetchText(transport, '/new');
      return server.connections === 2;
    });
    for (const out of held) out.end('last');
    assert.equal(await within('the old stream', reading), 'first last');
    assert.equal((await fetchText(transport, '/new')).status, 200);
    assert.equal(server.connections, 2);
    await until('the old session is gone', () => server.sockets.size === 1);
    await transport.close();
  });

  it('opens a new session after the old one was cut', async () => {
    await using server = await serve('h2', (_request, response) => json(response, 200, {}));
    const transport = open(server);
    await fetchText(transport, '/');
    for (const socket of server.sockets) socket.destroy();
    await until('it works again', async () => (await fetchText(transport, '/')).status === 200);
    await transport.close();
  });

  for (const code of [2, 8]) {
    it(`rejects a body that the server resets with code ${code}`, async () => {
      await using server = await RawHttp2Server.start(certificate, (socket, stream) => {
        socket.write(responseHead(stream));
        socket.write(resetStream(stream, code));
      });
      const transport = new HttpTransport(endpoint(server.url, { tls: trusted }), options, hostWith({}));
      const error = await within('rejects', failure(fetchText(transport, '/')));
      assert.equal(error.reason, 'Unreachable');
      await transport.close();
    });
  }

  it('sends a request again that the server refused to handle, over a new session', async () => {
    let streams = 0;
    await using server = await RawHttp2Server.start(certificate, (socket, stream) => {
      if (++streams === 1) socket.write(resetStream(stream, 7));
      else socket.write(responseHead(stream, true));
    });
    const transport = new HttpTransport(endpoint(server.url, { tls: trusted }), options, hostWith({}));
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal(server.connections, 2);
    await transport.close();
  });

  it('does not send again for ever', async () => {
    await using server = await RawHttp2Server.start(certificate, (socket, stream) =>
      socket.write(resetStream(stream, 7)),
    );
    const transport = new HttpTransport(endpoint(server.url, { tls: trusted }), options, hostWith({}));
    assert.match((await failure(fetchText(transport, '/'))).message, /takes no requests/);
    await transport.close();
  });

  it('finds a half-open connection by its unanswered ping', async () => {
    await using server = await serve('h2', (_request, response) => {
      (response as ServerResponse).write('x');
    });
    await using relay = await Relay.start(server.port);
    const transport = new HttpTransport(
      endpoint(`https://127.0.0.1:${relay.port}`, { tls: trusted }),
      options,
      hostWith({ pingIntervalMs: 50, pingTimeoutMs: 100 }),
    );
    const response = await transport.get({ path: '/', signal: AbortSignal.timeout(10_000) });
    const reading = failure(text(response.body));
    relay.freeze();
    const error = await within('rejects', reading);
    assert.equal(error.reason, 'Timeout');
    assert.match(error.message, /no sign of life/);
    await transport.close();
  });

  it('reports answered pings as contact', async () => {
    await using server = await serve('h2', (_request, response) => json(response, 200, {}));
    const transport = open(server, { pingIntervalMs: 20, pingTimeoutMs: 2000 });
    let contacts = 0;
    const stop = transport.onContact(() => contacts++);
    await fetchText(transport, '/');
    await until('three contacts', () => contacts >= 3);
    stop();
    await transport.close();
  });
});
