import type { Readable } from 'node:stream';

export interface BodyOptions {
  readonly signal: AbortSignal;
  /** What to throw for an error of the stream; undefined = it was closed before its end. */
  readonly failed: (error: unknown) => Error;
  /** Called once when the reader is done, for whatever reason. */
  readonly finish: () => void;
}

/**
 * The bytes of an answer, read as fast as they are taken. Not the stream's own iterator: that one reports an HTTP/2
 * stream which the server finished before anybody iterated as cut off.
 */
export class Body implements AsyncIterable<Uint8Array> {
  readonly #stream: Readable;
  readonly #options: BodyOptions;
  #ended = false;
  #closed = false;
  #error: unknown;
  #wake: () => void = () => {};

  constructor(stream: Readable, options: BodyOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.on('readable', () => this.#wake());
    stream.once('end', () => {
      this.#ended = true;
      this.#wake();
    });
    stream.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
    stream.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal, failed, finish } = this.#options;
    try {
      for (;;) {
        signal.throwIfAborted();
        const chunk = this.#stream.read() as Uint8Array | null;
        if (chunk !== null) yield chunk;
        else if (this.#ended) return;
        else if (this.#error !== undefined || this.#closed) throw failed(this.#error);
        else await this.#something();
      }
    } finally {
      finish();
    }
  }

  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
