import { connect, createServer, type Server, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import type { AgentReply, NumberedRequest } from './agent-messages.ts';

/**
 * The process that holds a network namespace, and acts in it for the test: connects, listens, carries connections in.
 * It ends with the test, and the namespace with it.
 */
const servers = new Map<string, Server>();

async function carryOut(request: NumberedRequest, socket: Socket | undefined): Promise<string> {
  switch (request.ask) {
    case 'connect':
      return connected(request.ip, request.port, request.timeoutMs);
    case 'listen':
      return listening(request.ip, request.port, request.name);
    case 'close':
      return closed(request.ip, request.port);
    case 'forward':
      return forwarded(request.port, socket);
  }
}

/** Reads to the end; a connection that broke has the code of how it did. */
async function connected(host: string, port: number, timeoutMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host, port });
  const late = setTimeout(() => {
    resolve('ETIMEDOUT');
    socket.destroy();
  }, timeoutMs);
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  socket.once('end', () => resolve(said));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}

/** A pod: says its name to everybody, and hangs up. */
async function listening(host: string, port: number, name: string): Promise<string> {
  const server = createServer((client) => client.on('error', () => client.destroy()).end(name));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen({ host, port }, () => resolve());
  await promise;
  servers.set(`${host} ${port}`, server);
  return name;
}

async function closed(ip: string, port: number): Promise<string> {
  const server = servers.get(`${ip} ${port}`);
  if (server === undefined) throw new Error(`nobody listens on ${ip} ${port}`);
  servers.delete(`${ip} ${port}`);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
  return '';
}

function forwarded(port: number, outside: Socket | undefined): string {
  if (outside === undefined) throw new Error('the socket to carry in is gone');
  const inside = connect({ host: '127.0.0.1', port });
  inside.once('error', () => outside.resetAndDestroy());
  pipeline(outside, inside, outside, () => inside.destroy());
  return '';
}

process.on('message', (request: NumberedRequest, handle: unknown) => {
  const socket = handle instanceof Socket ? handle : undefined;
  carryOut(request, socket).then(
    (answer) => reply({ id: request.id, answer }),
    (error: unknown) => reply({ id: request.id, failure: String(error) }),
  );
});
process.once('disconnect', () => process.exit());

function reply(message: AgentReply): void {
  if (process.connected) process.send?.(message);
}

reply({ id: 0 });
