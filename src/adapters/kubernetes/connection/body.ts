import type { Readable } from 'node:stream';
import { afterTurn } from '../../../runtime/yield.ts';
import type { ChunkTaker, ResponseBody } from './transport.ts';

export interface BodyOptions {
  readonly signal: AbortSignal;
  /** What to throw for an error of the stream; undefined = it was closed before its end. */
  readonly failed: (error: unknown) => Error;
  /** Whether the end that the stream reported is that of the answer. Node ends an HTTP/2 stream that was reset, too. */
  readonly isWhole: () => boolean;
  /** Called once when the reader is done, for whatever reason. */
  readonly finish: () => void;
}

/**
 * Bytes of one answer in one turn of the event loop: the objects in it take a millisecond or two. A socket that always has more would
 * else keep the loop for a whole list, while the changes of all other clusters wait.
 */
const TURN_BYTES = 512 << 10;

/**
 * The bytes of an answer, handed over as the stream gets them. Not by `stream.read()`: that joins everything that came
 * since the last call, and with a server that sends faster than we decode those are megabytes of copies (measured: a
 * third of the CPU and half of the memory of a first list). Not by the stream's own iterator either: that one reports
 * an HTTP/2 stream which the server finished before anybody iterated as cut off.
 */
export class Body implements ResponseBody {
  readonly #stream: Readable;
  readonly #options: BodyOptions;
  #ended = false;
  #closed = false;
  #error: unknown;
  /** Looks at the state again; while somebody reads. */
  #look: () => void = () => {};

  constructor(stream: Readable, options: BodyOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.once('end', () => {
      this.#ended = true;
      this.#look();
    });
    stream.once('close', () => {
      this.#closed = true;
      this.#look();
    });
    stream.on('error', (error) => {
      this.#error = error;
      this.#look();
    });
  }

  async read(taker: ChunkTaker): Promise<boolean> {
    let stopped = false;
    try {
      stopped = await this.#flow(taker);
      return stopped;
    } finally {
      if (!stopped) this.#options.finish();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks: Uint8Array[] = [];
    const taker: ChunkTaker = {
      take: (chunk) => {
        chunks.push(chunk);
        return false;
      },
      turn: () => {},
    };
    let open = true;
    try {
      while (open) {
        open = false;
        open = await this.read(taker);
        yield* chunks.splice(0);
      }
    } finally {
      if (open) this.#options.finish();
    }
  }

  /** True where the taker stopped it. */
  #flow(taker: ChunkTaker): Promise<boolean> {
    const stream = this.#stream;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    let cancelTurn: (() => void) | undefined;
    let turnBytes = 0;
    let isReading = true;
    const stop = (): void => {
      isReading = false;
      stream.off('data', onData);
      stream.pause();
      this.#look = () => {};
      if (cancelTurn !== undefined) turn();
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    const turn = (): void => {
      cancelTurn?.();
      cancelTurn = undefined;
      turnBytes = 0;
      try {
        taker.turn();
      } catch (error) {
        fail(error);
      }
    };
    const nextTurn = (): void => {
      const isPaused = turnBytes >= TURN_BYTES;
      turn();
      if (isPaused && isReading) stream.resume();
    };
    const onData = (chunk: Uint8Array): void => {
      cancelTurn ??= afterTurn(nextTurn);
      turnBytes += chunk.length;
      if (turnBytes >= TURN_BYTES) stream.pause();
      try {
        if (taker.take(chunk)) return;
        stop();
        resolve(true);
      } catch (error) {
        fail(error);
      }
    };
    this.#look = () => {
      const { signal, failed, isWhole } = this.#options;
      if (signal.aborted) {
        fail(signal.reason);
      } else if (this.#ended && isWhole()) {
        stop();
        resolve(false);
      } else if (this.#ended || this.#error !== undefined || this.#closed) {
        fail(failed(this.#error));
      }
    };
    this.#look();
    stream.on('data', onData);
    stream.resume();
    return promise;
  }
}
