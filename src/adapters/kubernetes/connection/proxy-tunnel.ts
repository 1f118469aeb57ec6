import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import { hostAndPort } from '../access/address.ts';
import type { ProxyAddress, ServerAddress } from '../access/endpoint.ts';
import { exchange } from './exchange.ts';
import { socks5Handshake } from './socks5.ts';

const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Asks the proxy at the other end of `socket` for a tunnel to the server. The socket then speaks with the server.
 * @throws DatastoreError; or the signal's reason
 */
export async function openTunnel(
  socket: Socket,
  proxy: ProxyAddress,
  server: ServerAddress,
  signal: AbortSignal,
): Promise<void> {
  if (proxy.protocol === 'socks5') return socks5Handshake(socket, proxy, server, signal);
  const target = hostAndPort(server);
  const head = await exchange(socket, connectRequest(proxy, target), {
    subject: `proxy ${proxy.text}`,
    signal,
    // The server behind it speaks only after our ClientHello: nothing may follow the head.
    complete: (bytes) => bytes.length > MAX_HEAD_BYTES || bytes.includes('\r\n\r\n'),
  });
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1', 0, 64))?.[1];
  if (status === '200') return;
  throw new DatastoreError('retry', status === undefined ? 'ProtocolError' : reasonOf(status), refusal());

  function refusal(): string {
    return status === undefined
      ? `proxy ${proxy.text}: the answer is not HTTP`
      : `proxy ${proxy.text}: it answered ${status} to CONNECT ${target}`;
  }
}

function reasonOf(status: string): 'Unauthorized' | 'Forbidden' | 'Unreachable' {
  if (status === '407') return 'Unauthorized';
  return status === '403' ? 'Forbidden' : 'Unreachable';
}

function connectRequest(proxy: ProxyAddress, target: string): Buffer {
  const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
  if (proxy.username !== '') {
    const pair = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
    lines.push(`Proxy-Authorization: Basic ${pair}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
