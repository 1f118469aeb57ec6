import { connect, type Socket } from 'node:net';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import type { LocalApi } from '../../../src/contract/local-api.ts';
import type { FeedLimits } from '../../../src/feed/api/feed-limits.ts';
import { FeedServer, type FeedServerEvent } from '../../../src/feed/api/feed-server.ts';
import type { FeedAccessOptions } from '../../../src/feed/access/access-options.ts';
import type { FeedObject } from '../../../src/feed/feed-object.ts';
import type { FeedStore } from '../../../src/feed/feed-store.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Received } from '../../support/received.ts';
import { opened } from '../access/access-fixture.ts';
import {
  feedObject,
  hostEndpoint,
  labels,
  namespaceObject,
  pool,
  profile,
  remoteCluster,
  service,
  slice,
  workload,
} from '../objects/fixtures.ts';
import { MemoryStore } from './memory-store.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  readonly text: string;
}

export interface FixtureOptions {
  readonly access?: Partial<FeedAccessOptions>;
  readonly localApi?: LocalApi;
  readonly clock?: Clock;
  readonly limits?: Partial<FeedLimits>;
  readonly store?: MemoryStore;
  /** Is served instead of `store`. */
  readonly feed?: FeedStore;
  readonly ready?: () => boolean;
}

export interface Running {
  readonly server: FeedServer;
  readonly store: MemoryStore;
  readonly events: Received<FeedServerEvent>;
  readonly host: string;
  readonly port: number;
  /** One request on a connection of its own. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** The head of an answer, and its body as it comes. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<IncomingMessage>;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Objects of two clusters: what is of `west` says so in a label. */
export function someObjects(): FeedObject[] {
  const west = { cluster: 'west' };
  return [
    feedObject(service()),
    feedObject(slice()),
    feedObject(workload()),
    feedObject(hostEndpoint()),
    feedObject(profile()),
    feedObject(pool()),
    remoteCluster(),
    namespaceObject('shop', 'east'),
    feedObject(service({ name: 'west-only', labels: labels({ marker: 'west-marker' }) }), west),
    feedObject(slice({ name: 'west-only', labels: labels({ marker: 'west-marker' }) }), west),
    feedObject(workload({ workload: 'west-only', labels: labels({ marker: 'west-marker' }) }), west),
    feedObject(hostEndpoint({ name: 'west-only', labels: labels({ marker: 'west-marker' }) }), west),
  ];
}

/** A server that runs until the test is over. */
export async function running(test: TestContext, options: FixtureOptions = {}): Promise<Running> {
  const { localApi } = options;
  const { access } = await opened(test, options.access ?? {}, { ...(localApi && { localApi }) });
  const events = new Received<FeedServerEvent>();
  const store = options.store ?? new MemoryStore(someObjects());
  const server = new FeedServer({
    store: options.feed ?? store,
    access,
    clock: options.clock ?? systemClock,
    version: '1.2.3',
    ready: options.ready ?? ((): boolean => true),
    report: events.push,
    limits: { closeMs: 200, ...options.limits },
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  test.after(async () => {
    const closed = server.close();
    if (options.clock instanceof FakeClock) await options.clock.advance(1000);
    await closed;
  });
  const port = Number(address.split(':').at(-1));
  const host = `127.0.0.1:${port}`;
  const open = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> =>
    send(port, 'GET', path, { headers });
  const ask = async (method: string, path: string, more: AskOptions = {}): Promise<Answer> =>
    read(await send(port, method, path, more));
  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    ask('GET', path, { headers });
  return { server, store, events, host, port, get, ask, open };
}

function send(port: number, method: string, path: string, options: AskOptions): Promise<IncomingMessage> {
  const { body } = options;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...length, ...options.headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, resolve);
    request.once('error', reject);
    request.end(body);
  });
}

export async function read(message: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return { status: message.statusCode ?? 0, headers: message.headers, bytes, text: bytes.toString() };
}

/** Sends bytes as they are; resolves with all that came until the server closed the connection. */
export async function rawExchange(port: number, ...chunks: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  for (const chunk of chunks) socket.write(chunk, 'latin1');
  return everythingFrom(socket);
}

export async function everythingFrom(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  // A connection that is reset has ended too.
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  await promise;
  return Buffer.concat(chunks).toString('latin1');
}

/** Resolves when it holds; rejects after five seconds. */
export async function eventually(description: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited 5 s for: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
