import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import type { KubeResponse, KubeWrite } from '../../../src/adapters/kubernetes/connection/transport.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { within } from '../../rig/deadline.ts';
import { ApiServer, type ApiServerOptions, type Handler, type Incoming, json } from './api-server.ts';
import { RawHttp2Server, TcpServer, resetStream, responseHead } from './raw-servers.ts';
import { Workspace, endpoint, failure, fetchText, hostWith, options, text } from './fixtures.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(workspace.directory);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

const trusted = { serverName: '', insecureSkipVerify: false, ca: ca.cert, cert: '', key: '' };

function serve(protocol: ApiServerOptions['protocol'], handler: Handler): Promise<ApiServer> {
  return ApiServer.start({ protocol, certificate, handler });
}

function open(url: string, more: Parameters<typeof endpoint>[1] = {}): HttpTransport {
  return new HttpTransport(endpoint(url, { tls: trusted, ...more }), options, hostWith({}));
}

function write(method: KubeWrite['method'], body = '{}', more: Partial<KubeWrite> = {}): KubeWrite {
  const signal = AbortSignal.timeout(10_000);
  return { method, path: '/api/x', body, contentType: 'application/json', signal, ...more };
}

async function received(request: Incoming): Promise<string> {
  return text(request as AsyncIterable<Uint8Array>);
}

async function answer(response: Promise<KubeResponse>): Promise<unknown> {
  return JSON.parse(await text((await response).body));
}

for (const protocol of ['h2', 'https', 'http'] as const) {
  describe(`writes over ${protocol}`, () => {
    for (const [method, contentType] of [
      ['POST', 'application/json'],
      ['PUT', 'application/json'],
      ['PATCH', 'application/merge-patch+json'],
      ['DELETE', 'application/json'],
    ] as const) {
      it(`${method} brings method, path, type and the whole body`, async () => {
        await using server = await serve(protocol, (request, response) => {
          void received(request).then((body) =>
            json(response, 201, {
              method: request.method,
              url: request.url,
              type: request.headers['content-type'],
              length: request.headers['content-length'],
              authorization: request.headers['authorization'],
              body,
            }),
          );
        });
        const transport = open(`${server.url}/base`, { credential: { type: 'token', token: 'abc' } });
        // Characters of several bytes, and more than one HTTP/2 frame.
        const body = JSON.stringify({ text: 'ü→'.repeat(50_000) });
        assert.deepEqual(await answer(transport.send(write(method, body, { contentType }))), {
          method,
          url: '/base/api/x',
          type: contentType,
          length: String(Buffer.byteLength(body)),
          authorization: 'Bearer abc',
          body,
        });
        await transport.close();
      });
    }

    it('goes out once more with fresh credentials, since a 401 was not handled', async () => {
      const path = workspace.write(`token-${protocol}`, 'old');
      const tokens: (string | undefined)[] = [];
      await using server = await serve(protocol, (request, response) => {
        tokens.push(request.headers['authorization']);
        workspace.write(`token-${protocol}`, 'new');
        void received(request).then((body) => json(response, tokens.length === 1 ? 401 : 201, { body }));
      });
      const transport = open(server.url, { credential: { type: 'tokenFile', path } });
      assert.deepEqual(await answer(transport.send(write('POST', '{"a":1}'))), { body: '{"a":1}' });
      assert.deepEqual(tokens, ['Bearer old', 'Bearer new']);
      await transport.close();
    });

    it('is not repeated when the connection dies in the middle of it', async () => {
      let writes = 0;
      await using server = await serve(protocol, (request, response) => {
        if (request.method === 'GET') return json(response, 200, {});
        writes++;
        void received(request).then(() => {
          for (const socket of server.sockets) socket.destroy();
        });
      });
      const transport = open(server.url);
      // The connection is in use already, so that its end could be taken for that of an idle one.
      await fetchText(transport, '/');
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        writes = 0;
        const error = await within('rejects', failure(transport.send(write(method))));
        assert.equal(error.reason, 'Unreachable');
        assert.equal(writes, 1);
        assert.equal((await fetchText(transport, '/')).status, 200);
      }
      await transport.close();
    });

    it('rejects when no answer comes, and with the reason when the signal aborts', async () => {
      let writes = 0;
      await using server = await serve(protocol, () => writes++);
      const hasty = new HttpTransport(
        endpoint(server.url, { tls: trusted }),
        { ...options, requestTimeoutMs: 100 },
        hostWith({}),
      );
      const error = await within('times out', failure(hasty.send(write('POST'))));
      assert.equal(error.reason, 'Timeout');
      const stop = new AbortController();
      const reason = new Error('stop');
      const waiting = open(server.url);
      const sending = waiting.send(write('POST', '{}', { signal: stop.signal }));
      stop.abort(reason);
      await assert.rejects(within('ends', sending), reason);
      assert.ok(writes <= 2);
      await Promise.all([hasty.close(), waiting.close()]);
    });
  });
}

describe('a write over HTTP/1.1 on a kept connection that the server drops', () => {
  it('is not sent again, where a GET is', async () => {
    const requests: string[] = [];
    // Answers the first request of each connection, and drops the connection at the second.
    await using server = await TcpServer.start((socket: Socket) => {
      let answered = 0;
      socket.on('data', (chunk: Buffer) => {
        requests.push(chunk.toString().split(' ')[0] ?? '');
        if (answered++ > 0) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
      });
    });
    const transport = new HttpTransport(endpoint(`http://127.0.0.1:${server.port}`), options, hostWith({}));
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.equal((await fetchText(transport, '/')).status, 200);
    assert.deepEqual(requests, ['GET', 'GET', 'GET']);
    const error = await within('rejects', failure(transport.send(write('DELETE'))));
    assert.equal(error.reason, 'Unreachable');
    assert.deepEqual(requests, ['GET', 'GET', 'GET', 'DELETE']);
    await transport.close();
  });
});

describe('a write over HTTP/2 that the server refused to handle', () => {
  it('is sent again over a new session', async () => {
    let streams = 0;
    await using server = await RawHttp2Server.start(certificate, (socket, stream) => {
      if (++streams === 1) socket.write(resetStream(stream, 7));
      else socket.write(responseHead(stream, true));
    });
    const transport = open(server.url);
    assert.equal((await transport.send(write('POST'))).status, 200);
    assert.equal(streams, 2);
    await transport.close();
  });

  it('is not sent again where the stream was reset for another reason', async () => {
    let streams = 0;
    await using server = await RawHttp2Server.start(certificate, (socket, stream) => {
      streams++;
      socket.write(resetStream(stream, 2));
    });
    const transport = open(server.url);
    await within('rejects', failure(transport.send(write('POST'))));
    assert.equal(streams, 1);
    await transport.close();
  });
});
