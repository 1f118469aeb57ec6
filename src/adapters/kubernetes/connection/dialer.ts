import { type Socket, isIP } from 'node:net';
import { type TLSSocket, connect as connectTls, rootCertificates } from 'node:tls';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { withDeadline } from '../../../runtime/abortable.ts';
import type { KubeEndpoint, ProxyAddress } from '../access/endpoint.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { connectTcp, ready } from './tcp.ts';

export interface ClientKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A connection that is ready for HTTP. */
export interface Dialed {
  readonly socket: Socket;
  /** The lowest socket: counts every byte that arrives. */
  readonly wire: Socket;
  readonly protocol: 'h2' | 'http/1.1';
}

export interface DialOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly pair: ClientKeyPair;
  /** What to offer by ALPN. */
  readonly protocols: readonly ('h2' | 'http/1.1')[];
}

/**
 * TCP, proxy, TLS. Of our own, because the errors of Node's agents do not tell in which of the three it failed.
 * @throws DatastoreError of reaction `retry`, reason DnsFailed, ConnectionRefused, Unreachable, Timeout or TlsFailed;
 *   or the signal's reason
 */
export async function dial(
  endpoint: KubeEndpoint,
  options: DialOptions,
  signal: AbortSignal,
): Promise<Dialed> {
  let phase = 'TCP connection';
  const exceeded = (): Error =>
    new DatastoreError(
      'retry',
      'Timeout',
      `${endpoint.server.text}: no ${phase} within ${options.timeoutMs / 1000} s`,
    );
  return withDeadline({ clock: options.clock, ms: options.timeoutMs, exceeded }, signal, async (signal) => {
    const { server, proxy } = endpoint;
    const wire = await connectTcp(proxy ?? server, subjectOf(endpoint), signal);
    try {
      phase = `tunnel through proxy ${proxy?.text ?? ''}`;
      const tunnel = proxy === undefined ? wire : await throughProxy(wire, endpoint, proxy, signal);
      phase = 'TLS handshake';
      if (!server.secure) return { socket: tunnel, wire, protocol: 'http/1.1' };
      const socket = await handshake(tunnel, endpoint, options, signal);
      return { socket, wire, protocol: socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' };
    } catch (error) {
      wire.destroy();
      throw error;
    }
  });
}

/** What the TCP connection goes to, for messages. */
export function subjectOf(endpoint: KubeEndpoint): string {
  return endpoint.proxy === undefined ? endpoint.server.text : `proxy ${endpoint.proxy.text}`;
}

async function throughProxy(
  wire: Socket,
  endpoint: KubeEndpoint,
  proxy: ProxyAddress,
  signal: AbortSignal,
): Promise<Socket> {
  let socket = wire;
  if (proxy.protocol === 'https') {
    const subject = `proxy ${proxy.text}`;
    const { ca, insecureSkipVerify } = endpoint.tls;
    socket = connectTls({
      socket: wire,
      host: proxy.host,
      servername: isIP(proxy.host) ? '' : proxy.host,
      // client-go verifies proxy and server with one CA; a proxy with a public certificate is as likely.
      ca: ca === '' ? [...rootCertificates] : [ca, ...rootCertificates],
      rejectUnauthorized: !insecureSkipVerify,
    });
    await ready(socket, 'secureConnect', { subject, signal });
  }
  await openTunnel(socket, proxy, endpoint.server, signal);
  return socket;
}

async function handshake(
  socket: Socket,
  endpoint: KubeEndpoint,
  { pair, protocols }: DialOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { server, tls } = endpoint;
  const name = tls.serverName === '' ? server.host : tls.serverName;
  const secure = connectTls({
    socket,
    // An IP address must not go into SNI; `host` is then what the certificate is checked against.
    host: name,
    servername: isIP(name) ? '' : name,
    rejectUnauthorized: !tls.insecureSkipVerify,
    // As Go does it: whatever is in the CA file is trusted, be it an intermediate or the server's own certificate.
    allowPartialTrustChain: true,
    ALPNProtocols: [...protocols],
    ...(tls.ca !== '' && { ca: tls.ca }),
    ...(pair.cert !== '' && { cert: pair.cert, key: pair.key }),
  });
  await ready(secure, 'secureConnect', { subject: server.text, signal });
  return secure;
}
