import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { HttpTransport } from '../../../src/adapters/kubernetes/connection/http-transport.ts';
import { CertificateAuthority } from '../../rig/certificates.ts';
import { until } from '../../rig/deadline.ts';
import { ApiServer, json } from './api-server.ts';
import { Workspace, endpoint, fetchText, hostWith, options } from './fixtures.ts';

const workspace = new Workspace();
const ca = new CertificateAuthority(workspace.directory);
const certificate = ca.issue();
after(() => workspace[Symbol.dispose]());

/** Sockets and timers of this process that keep something alive. */
function active(): string {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCPSocket|TLS|Timeout/.test(name))
    .sort()
    .join(' ');
}

for (const protocol of ['h2', 'https'] as const) {
  describe(`nothing is left over ${protocol}`, () => {
    it('of 200 requests under one signal, nor of 50 transports closed in the middle', async () => {
      await using server = await ApiServer.start({
        protocol,
        certificate,
        handler: (request, response) => {
          if (request.url === '/watch') (response as ServerResponse).write('x');
          else json(response, 200, {});
        },
      });
      const open = (): HttpTransport =>
        new HttpTransport(
          endpoint(server.url, {
            tls: { serverName: '', insecureSkipVerify: false, ca: ca.cert, cert: '', key: '' },
          }),
          options,
          hostWith({}),
        );
      const { signal } = new AbortController();
      const before = active();
      const transport = open();
      for (let i = 0; i < 200; i++) await fetchText(transport, '/', signal);
      await until('no listeners', () => getEventListeners(signal, 'abort').length === 0);
      await transport.close();
      for (let i = 0; i < 50; i++) {
        const controller = new AbortController();
        const one = open();
        const { body } = await one.get({ path: '/watch', signal: controller.signal });
        await body[Symbol.asyncIterator]().next();
        if (i % 2 === 0) controller.abort();
        await one.close();
      }
      await until('no sockets', () => server.sockets.size === 0 && active() === before);
      assert.equal(active(), before);
    });
  });
}
