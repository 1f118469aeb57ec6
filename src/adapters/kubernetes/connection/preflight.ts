import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { CheckStep, DatastoreOptions } from '../../../contract/adapter.ts';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import { withDeadline } from '../../../runtime/abortable.ts';
import { KubeClient } from '../kube-client.ts';
import { dial, subjectOf } from './dialer.ts';
import type { KubeEndpoint } from '../access/endpoint.ts';
import type { KubeHost } from '../host.ts';
import { HttpTransport } from './http-transport.ts';
import { networkError } from './network-error.ts';
import { connectTcp } from './tcp.ts';

/** What one step found: a sentence, or that there was nothing to do. Failing is throwing. */
interface Finding {
  readonly result: 'ok' | 'skipped';
  readonly message: string;
}

interface Check {
  readonly endpoint: KubeEndpoint;
  readonly options: DatastoreOptions;
  readonly host: KubeHost;
}

/** The steps `dns`, `tcp`, `tls`, `auth`, each as it finishes; ends after the first that failed, or when aborted. */
export async function* checkConnection(
  endpoint: KubeEndpoint,
  options: DatastoreOptions,
  host: KubeHost,
  signal: AbortSignal,
): AsyncGenerator<CheckStep, void, undefined> {
  const check: Check = { endpoint, options, host };
  const steps = { dns: checkDns, tcp: checkTcp, tls: checkTls, auth: checkAuth } as const;
  for (const [step, run] of Object.entries(steps) as [keyof typeof steps, typeof checkDns][]) {
    const subject = `kubernetes ${endpoint.server.text}`;
    try {
      yield { step, subject, ...(await run(check, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      const { reason, message } = networkError(error, subjectOf(endpoint));
      yield { step, subject, result: 'failed', reason, message };
      return;
    }
  }
}

async function checkDns({ endpoint, options, host }: Check, signal: AbortSignal): Promise<Finding> {
  const target = endpoint.proxy ?? endpoint.server;
  if (isIP(target.host) !== 0) return { result: 'skipped', message: `${target.host} is an address` };
  const addresses = await inTime(options.connectTimeoutMs, 'no answer from DNS', (inner) => {
    const { promise, reject } = Promise.withResolvers<never>();
    // A look-up cannot be cancelled; it is left to end by itself.
    inner.addEventListener('abort', () => reject(inner.reason), { once: true });
    return Promise.race([dns.lookup(target.host, { all: true }), promise]);
  });
  return { result: 'ok', message: `${target.host} is ${addresses.map((found) => found.address).join(', ')}` };

  function inTime<T>(ms: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const exceeded = (): Error =>
      new DatastoreError('retry', 'Timeout', `${target.host}: ${what} within ${ms / 1000} s`);
    return withDeadline({ clock: host.clock, ms, exceeded }, signal, work);
  }
}

async function checkTcp({ endpoint, options, host }: Check, signal: AbortSignal): Promise<Finding> {
  const target = endpoint.proxy ?? endpoint.server;
  const subject = subjectOf(endpoint);
  const ms = options.connectTimeoutMs;
  const exceeded = (): Error =>
    new DatastoreError('retry', 'Timeout', `${subject}: no TCP connection within ${ms / 1000} s`);
  const socket = await withDeadline({ clock: host.clock, ms, exceeded }, signal, (inner) =>
    connectTcp(target, subject, inner),
  );
  const message = `connected to ${socket.remoteAddress ?? target.host} port ${target.port}`;
  socket.destroy();
  return { result: 'ok', message: endpoint.proxy === undefined ? message : `${message}, the proxy` };
}

async function checkTls({ endpoint, options, host }: Check, signal: AbortSignal): Promise<Finding> {
  if (!endpoint.server.secure) return { result: 'skipped', message: 'http: no TLS' };
  const dialed = await dial(
    endpoint,
    {
      clock: host.clock,
      timeoutMs: options.connectTimeoutMs,
      pair: endpoint.tls,
      protocols: ['h2', 'http/1.1'],
    },
    signal,
  );
  const until = dialed.socket instanceof TLSSocket ? dialed.socket.getPeerCertificate().valid_to : '';
  dialed.socket.destroy();
  dialed.wire.destroy();
  const verified = endpoint.tls.insecureSkipVerify
    ? 'the certificate is NOT verified (insecure-skip-tls-verify)'
    : `the certificate is valid until ${until}`;
  return { result: 'ok', message: `${dialed.protocol}; ${verified}` };
}

/** `/api` is open to every authenticated account and, by default, to nobody else. A login page answers 200, too. */
async function checkAuth({ endpoint, options, host }: Check, signal: AbortSignal): Promise<Finding> {
  const transport = new HttpTransport(endpoint, options, host);
  try {
    const answer = await new KubeClient(transport, host.clock, options.requestTimeoutMs).object(
      '/api',
      signal,
    );
    if (answer?.['kind'] === 'APIVersions') return { result: 'ok', message: 'the credentials are accepted' };
    const message = `${endpoint.server.text}: the answer to /api is not that of a Kubernetes API server`;
    throw new DatastoreError('retry', answer === undefined ? 'NotFound' : 'ProtocolError', message);
  } catch (error) {
    if (!(error instanceof DatastoreError) || error.reaction !== 'forbidden') throw error;
    if (!error.message.includes('system:anonymous')) {
      return { result: 'ok', message: 'the credentials are accepted (API discovery is not granted)' };
    }
    const message = `${endpoint.server.text}: no credentials reached the server: it takes us for system:anonymous`;
    throw new DatastoreError('unauthorized', 'Unauthorized', message);
  } finally {
    await transport.close();
  }
}
