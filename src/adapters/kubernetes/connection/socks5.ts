import { Buffer } from 'node:buffer';
import { type Socket, isIP } from 'node:net';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { ProxyAddress, ServerAddress } from '../access/endpoint.ts';
import { exchange } from './exchange.ts';

const NO_AUTH = 0;
const USER_PASSWORD = 2;

const REPLIES: Readonly<Record<number, string>> = {
  1: 'general failure',
  2: 'not allowed by its rules',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
};

/** RFC 1928 CONNECT with the host name resolved by the proxy; RFC 1929 user and password. */
export async function socks5Handshake(
  socket: Socket,
  proxy: ProxyAddress,
  server: ServerAddress,
  signal: AbortSignal,
): Promise<void> {
  const subject = `proxy ${proxy.text}`;
  const fail = (reason: 'ProtocolError' | 'Unauthorized' | 'Unreachable', why: string): DatastoreError =>
    new DatastoreError('retry', reason, `${subject}: ${why}`);
  const ask = (message: Buffer, length: (bytes: Buffer) => number): Promise<Buffer> =>
    exchange(socket, message, { subject, signal, complete: (bytes) => bytes.length >= length(bytes) });

  const method = proxy.username === '' ? NO_AUTH : USER_PASSWORD;
  const greeting = await ask(Buffer.from([5, 1, method]), () => 2);
  if (greeting[0] !== 5) throw fail('ProtocolError', 'the answer is not SOCKS5');
  if (greeting[1] !== method) throw fail('Unauthorized', 'it wants another way of authentication');
  if (method === USER_PASSWORD) {
    const answer = await ask(
      Buffer.concat([Buffer.from([1]), counted(proxy.username), counted(proxy.password)]),
      () => 2,
    );
    if (answer[1] !== 0) throw fail('Unauthorized', 'it refused user and password');
  }
  const reply = await ask(connectMessage(server), replyLength);
  const code = reply[1] ?? 1;
  if (code !== 0) throw fail('Unreachable', `it could not connect: ${REPLIES[code] ?? `reply ${code}`}`);
}

function connectMessage(server: ServerAddress): Buffer {
  const port = Buffer.from([server.port >> 8, server.port & 0xff]);
  const address =
    isIP(server.host) === 4
      ? Buffer.from([1, ...server.host.split('.').map(Number)])
      : // An IPv6 address as text is resolved like a name by every common proxy.
        Buffer.concat([Buffer.from([3]), counted(server.host)]);
  return Buffer.concat([Buffer.from([5, 1, 0]), address, port]);
}

function replyLength(bytes: Buffer): number {
  if (bytes.length < 5) return bytes[1] === undefined || bytes[1] === 0 ? 5 : 2;
  const address = bytes[3] === 1 ? 4 : bytes[3] === 4 ? 16 : 1 + (bytes[4] ?? 0);
  return 4 + address + 2;
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
