import { connect as tcpConnect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../runtime/clock.ts';
import { connectionError, ConnectionError } from './connection-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { TlsMaterial } from './tls-material.ts';

export type DialStage = 'dns' | 'tcp' | 'tls';

export interface DialOptions {
  readonly tls: TlsMaterial;
  /** For all stages together. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called as each stage is passed. */
  readonly onStage?: (stage: DialStage) => void;
}

/**
 * Opens a TCP or TLS connection. Whatever happens, no socket is left behind but the one returned.
 *
 * @throws ConnectionError, or the signal's reason.
 */
export async function dial(endpoint: Endpoint, options: DialOptions, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = endpoint.secure ? startTls(endpoint, options.tls) : startTcp(endpoint);
  let failure: ConnectionError | undefined;
  const fail = (error: unknown): void => {
    failure ??= connectionError(endpoint, error);
    reject(failure);
  };
  const abort = (): void => reject(signal.reason as Error);
  const cancelTimer = options.clock.after(options.timeoutMs, () =>
    reject(new ConnectionError(endpoint, 'Timeout', `no connection within ${options.timeoutMs} ms`)),
  );
  signal.addEventListener('abort', abort, { once: true });
  const closed = (): void => fail(new Error('the peer closed the connection'));
  socket.on('error', fail).once('close', closed);
  socket.once('lookup', (error: Error | null) => {
    if (error === null) options.onStage?.('dns');
  });
  socket.once('connect', () => {
    options.onStage?.('tcp');
    if (!endpoint.secure) resolve();
  });
  socket.once('secureConnect', () => {
    options.onStage?.('tls');
    if ((socket as TLSSocket).alpnProtocol === 'h2') resolve();
    else reject(new ConnectionError(endpoint, 'ProtocolError', 'the peer does not speak HTTP/2'));
  });
  try {
    await promise;
    // A peer that refuses our certificate may say so in the same breath as it ends the handshake.
    if (failure !== undefined) throw failure;
    socket.off('error', fail).off('close', closed);
    return socket;
  } catch (error) {
    // `fail` stays: a socket that is destroyed may still report an error, which nobody else would catch.
    socket.destroy();
    throw error;
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}

function startTcp({ host, port }: Endpoint): Socket {
  return tcpConnect({ host, port, noDelay: true });
}

function startTls({ host, port }: Endpoint, tls: TlsMaterial): Socket {
  return tlsConnect({
    host,
    port,
    ALPNProtocols: ['h2'],
    // RFC 6066 knows no addresses as server names; the certificate is checked against `host` all the same.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  });
}
