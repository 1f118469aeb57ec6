import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseProxyAddress } from '../../../src/adapters/kubernetes/access/address.ts';
import type { KubeEndpoint } from '../../../src/adapters/kubernetes/access/endpoint.ts';
import { checkConnection } from '../../../src/adapters/kubernetes/connection/preflight.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { ApiServer, type Handler, json } from './api-server.ts';
import { Workspace, endpoint, hostWith, options } from './fixtures.ts';
import { TcpServer } from './raw-servers.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(workspace.directory);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

const trusted = { serverName: '', insecureSkipVerify: false, ca: ca.cert, cert: '', key: '' };

async function steps(target: KubeEndpoint, timeouts = options): Promise<string[]> {
  const found: string[] = [];
  const signal = AbortSignal.timeout(20_000);
  for await (const step of checkConnection(target, timeouts, hostWith({}), signal)) {
    assert.equal(step.subject, `kubernetes ${target.server.text}`);
    found.push(`${step.step} ${step.result} ${step.reason ?? ''}: ${step.message}`);
  }
  return found;
}

function matches(found: readonly string[], expected: readonly RegExp[]): void {
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const [i, pattern] of expected.entries()) assert.match(found[i] ?? '', pattern);
}

describe('checkConnection', () => {
  it('goes from DNS to the credentials', async () => {
    await using server = await ApiServer.start({
      protocol: 'h2',
      certificate,
      handler: (_q, r) => json(r, 200, { kind: 'APIVersions', versions: ['v1'] }),
    });
    const url = `https://localhost:${server.port}`;
    matches(await steps(endpoint(url, { tls: trusted })), [
      /^dns ok : localhost is .*127\.0\.0\.1/,
      /^tcp ok : connected to 127\.0\.0\.1 port/,
      /^tls ok : h2; the certificate is valid until .* GMT$/,
      /^auth ok : the credentials are accepted$/,
    ]);
    matches(
      (await steps(endpoint(url, { tls: { ...trusted, ca: '', insecureSkipVerify: true } }))).slice(2, 3),
      [/^tls ok : h2; the certificate is NOT verified/],
    );
  });

  it('stops at the first failure, with its reason', async () => {
    matches(await steps(endpoint('https://no-such-host.invalid')), [/^dns failed DnsFailed: /]);
    await using silent = await TcpServer.start(() => {});
    matches(
      await steps(endpoint(`https://127.0.0.1:${silent.port}`), { ...options, connectTimeoutMs: 100 }),
      [/^dns skipped/, /^tcp ok/, /^tls failed Timeout: .*no TLS handshake/],
    );
  });

  it('tells an account without discovery from nobody at all, and plain http from TLS', async () => {
    let message = 'forbidden: User "jane" cannot get path "/api"';
    await using server = await ApiServer.start({
      protocol: 'http',
      handler: (_q, r) => json(r, 403, { kind: 'Status', message }),
    });
    const skipped = [/^dns skipped/, /^tcp ok/, /^tls skipped : http/];
    matches(await steps(endpoint(server.url)), [...skipped, /^auth ok : .*discovery is not granted/]);
    message = 'forbidden: User "system:anonymous" cannot get path "/api"';
    matches(await steps(endpoint(server.url)), [...skipped, /^auth failed Unauthorized: .*system:anonymous/]);
  });

  it('takes only an API server for one: neither a login page nor another API, whatever they are called with', async () => {
    let answer: Handler = () => undefined;
    await using server = await ApiServer.start({ protocol: 'http', handler: (q, r) => answer(q, r) });
    const before = [/^dns skipped/, /^tcp ok/, /^tls skipped/];
    const sends = (type: string, body: string | Buffer, headers: Record<string, string> = {}): Handler => {
      return (_query, response) =>
        void (response as ServerResponse).writeHead(200, { 'content-type': type, ...headers }).end(body);
    };
    answer = sends('text/html', '<form>Password</form>');
    matches(await steps(endpoint(server.url)), [...before, /^auth failed ProtocolError: .*not JSON/]);
    answer = sends('application/json', '{"status":"ok"}');
    matches(await steps(endpoint(server.url)), [
      ...before,
      /^auth failed ProtocolError: .*not that of a Kubernetes API server/,
    ]);
    answer = sends('application/json', gzipSync('{"kind":"APIVersions"}'), { 'content-encoding': 'gzip' });
    matches(await steps(endpoint(server.url)), [
      ...before,
      /^auth failed ProtocolError: .*compressed \(gzip\).*proxy/,
    ]);
    answer = (_query, response) => json(response, 404, {});
    matches(await steps(endpoint(server.url)), [...before, /^auth failed NotFound/]);
  });

  it('names the proxy where that is what fails', async () => {
    const closed = await TcpServer.start(() => {});
    const proxy = parseProxyAddress(`http://u:pl4nted@127.0.0.1:${closed.port}`);
    await closed[Symbol.asyncDispose]();
    const found = await steps(endpoint('https://10.0.0.1:6443', { proxy }));
    matches(found, [/^dns skipped/, /^tcp failed ConnectionRefused: proxy http:\/\/127\.0\.0\.1/]);
    assert.ok(!found.join('').includes('pl4nted'));
  });
});
