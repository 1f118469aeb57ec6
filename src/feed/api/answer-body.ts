import { promises, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { JsonIndenter } from './json-indenter.ts';
import type { Exchange } from './exchange.ts';

/** As the API server: fast, and half as good as it gets. */
const GZIP_LEVEL = 1;
const GZIP_CHUNK = 64 * 1024;
/** Below, compression costs more than it brings. */
const GZIP_THRESHOLD = 128 * 1024;

/** Took nothing for too long. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
}

type Pieces = AsyncGenerator<Uint8Array, void, void>;

/** The start of a body, to know its length, or that it is long. */
export interface Beginning {
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  /** Nothing comes after it. */
  readonly isAll: boolean;
}

/** Reads until it is worth compressing, or the end. */
export async function readBeginning(pieces: Pieces): Promise<Beginning> {
  const found: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < GZIP_THRESHOLD) {
    const next = await pieces.next();
    if (next.done === true) return { pieces: found, bytes, isAll: true };
    found.push(next.value);
    bytes += next.value.length;
  }
  return { pieces: found, bytes, isAll: false };
}

/** Sends the body of a list; rejects with the signal's reason or a StalledError, then the response must be cut. */
export async function sendBody(exchange: Exchange, body: AsyncIterable<Uint8Array>): Promise<void> {
  const { response, signal } = exchange;
  for await (const piece of body) {
    signal.throwIfAborted();
    exchange.counters.bytesSent += piece.length;
    if (!response.write(piece)) await drained(exchange);
  }
  response.end();
}

/** All of a body again, from its beginning. */
export async function* continued(beginning: Beginning, rest: Pieces): Pieces {
  try {
    yield* beginning.pieces;
    yield* rest;
  } finally {
    await rest.return();
  }
}

export async function* indented(pieces: AsyncIterable<Uint8Array>): Pieces {
  const indenter = new JsonIndenter();
  for await (const piece of pieces) yield indenter.indent(piece);
}

export async function* compressed(pieces: AsyncIterable<Uint8Array>): Pieces {
  const gzip = createGzip({ level: GZIP_LEVEL, chunkSize: GZIP_CHUNK });
  const feeding = promises.pipeline(
    Readable.from(pieces, { objectMode: false, highWaterMark: GZIP_CHUNK }),
    gzip,
  );
  // What goes wrong there destroys `gzip` with the same error.
  feeding.catch(() => undefined);
  for await (const chunk of gzip) yield chunk as Buffer;
}

/** Resolves when the client took what was written; rejects when it does not in time, or is gone. */
async function drained({ response, clock, limits, signal }: Exchange): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stopTimer = clock.after(limits.stalledMs, () => reject(new StalledError('the reader takes nothing')));
  const onAbort = (): void => reject(signal.reason as Error);
  response.on('drain', resolve);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    stopTimer();
    response.off('drain', resolve);
    signal.removeEventListener('abort', onAbort);
  }
}
