import { Agent, request as http1Request } from 'node:http';
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { Readable } from 'node:stream';
import { within } from '../rig/deadline.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** An answer whose body is still coming. */
export interface OpenAnswer {
  readonly status: number;
  readonly type: string;
  readonly stream: Readable;
  abort(): void;
}

export type Headers = Readonly<Record<string, string>>;

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** The whole answer over HTTP/1.1. */
export async function get(url: string, headers: Headers = {}): Promise<Answer> {
  return read(await open(url, headers));
}

export async function getJson<T>(url: string, headers: Headers = {}): Promise<T> {
  const { body } = await get(url, headers);
  return JSON.parse(body.toString('utf8')) as T;
}

/** The head over HTTP/1.1 on a connection of its own. */
export async function open(url: string, headers: Headers = {}): Promise<OpenAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
  const request = http1Request(url, { headers, agent: new Agent() }, (response) =>
    resolve({
      status: response.statusCode ?? 0,
      type: response.headers['content-type'] ?? '',
      stream: response,
      abort: () => request.destroy(),
    }),
  );
  request.on('error', reject);
  request.end();
  return within(url, promise);
}

/** The head over HTTP/2 on a given session. */
export async function openHttp2(
  session: ClientHttp2Session,
  path: string,
  headers: Headers = {},
): Promise<OpenAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenAnswer>();
  const stream = session.request({ ':path': path, ...headers });
  stream.on('error', reject);
  stream.on('response', (head) =>
    resolve({
      status: head[':status'] ?? 0,
      type: head['content-type'] ?? '',
      stream,
      abort: () => stream.close(),
    }),
  );
  return within(path, promise);
}

export async function withHttp2<T>(
  url: string,
  run: (session: ClientHttp2Session) => Promise<T>,
  ca?: string,
): Promise<T> {
  const session = connect(url, ca === undefined ? {} : { ca });
  session.on('error', () => undefined);
  try {
    return await run(session);
  } finally {
    session.destroy();
  }
}

export async function read(answer: OpenAnswer): Promise<Answer> {
  const chunks: Buffer[] = [];
  const all = (async () => {
    for await (const chunk of answer.stream) chunks.push(chunk as Buffer);
  })();
  await within('the end of the answer', all);
  return { status: answer.status, type: answer.type, body: Buffer.concat(chunks) };
}

export interface WatchEvent {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly code?: number;
    readonly reason?: string;
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly resourceVersion: string;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly labels?: Readonly<Record<string, string>>;
    };
  };
}

/** Reads events one by one; `next` waits for one, with a deadline. */
export class EventReader {
  readonly answer: OpenAnswer;
  readonly #events: AsyncGenerator<Buffer>;

  constructor(answer: OpenAnswer) {
    this.answer = answer;
    this.#events = answer.type.includes('protobuf') ? frames(answer.stream) : lines(answer.stream);
  }

  /** The raw event, or undefined at the end of the stream. */
  async raw(): Promise<Buffer | undefined> {
    const { value, done } = await within('an event', this.#events.next());
    return done ? undefined : value;
  }

  async next(): Promise<WatchEvent> {
    const event = await this.raw();
    if (event === undefined) throw new Error('the watch ended');
    return JSON.parse(event.toString('utf8')) as WatchEvent;
  }

  async take(count: number): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }
}

async function* lines(stream: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end);
      rest = rest.subarray(end + 1);
    }
  }
}

async function* frames(stream: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      yield rest.subarray(4, end);
      rest = rest.subarray(end);
    }
  }
}
