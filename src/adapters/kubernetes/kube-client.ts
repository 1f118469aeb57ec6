import { Buffer } from 'node:buffer';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withDeadline } from '../../runtime/abortable.ts';
import { statusError } from './connection/status-error.ts';
import type { KubeResponse, KubeTransport } from './connection/transport.ts';
import type { Encoding } from './wire/wire.ts';

/** Answers that hold one object are never larger than this. */
const MAX_OBJECT_BYTES = 1024 * 1024;

/** Small requests over the transport: one object, or only whether something is there. */
export class KubeClient {
  readonly #transport: KubeTransport;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(transport: KubeTransport, clock: Clock, timeoutMs: number) {
    this.#transport = transport;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** The object; undefined for 404. Rejects with DatastoreError for every other answer than 200. */
  async object(path: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    return this.#get(path, signal, async (response) => {
      if (response.status === 404) {
        await drain(response);
        return undefined;
      }
      if (response.status !== 200) throw await statusError(response, `get ${path}`);
      return parseObject(await readAll(response, path), path);
    });
  }

  /** Any answer at all is a sign of life; rejects with DatastoreError where there is none. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#get('/version', signal, drain);
  }

  #get<T>(path: string, signal: AbortSignal, read: (response: KubeResponse) => Promise<T>): Promise<T> {
    const exceeded = (): Error =>
      new DatastoreError('retry', 'Timeout', `get ${path}: no answer within ${this.#timeoutMs} ms`);
    return withDeadline({ clock: this.#clock, ms: this.#timeoutMs, exceeded }, signal, async (bounded) =>
      read(await this.#transport.get({ path, signal: bounded })),
    );
  }
}

async function drain(response: KubeResponse): Promise<undefined> {
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_OBJECT_BYTES) break;
  }
  return undefined;
}

async function readAll(response: KubeResponse, path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_OBJECT_BYTES) throw protocolError(path, 'the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseObject(bytes: Buffer, path: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw protocolError(path, 'the answer is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw protocolError(path, 'the answer is not an object');
  return value as JsonObject;
}

function protocolError(path: string, problem: string): DatastoreError {
  return new DatastoreError('retry', 'ProtocolError', `get ${path}: ${problem}`);
}

/** The encoding of a body; a DatastoreError where it is neither, as from a proxy that answers in HTML. */
export function encodingOf(response: KubeResponse, what: string): Encoding {
  const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (type === 'application/vnd.kubernetes.protobuf') return 'protobuf';
  if (type === 'application/json') return 'json';
  throw new DatastoreError(
    'retry',
    'ProtocolError',
    `${what}: the answer has content type ${JSON.stringify(type.slice(0, 60))}`,
  );
}
