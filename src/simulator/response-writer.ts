import type { Response } from './listener.ts';
import { joinBuffers } from './slab.ts';

/** Bytes for one write: small writes cost more than copies. */
const BATCH_BYTES = 64 * 1024;

/** Collects pieces until a write is worth it. */
export class ByteBatch {
  #pieces: Buffer[] = [];
  #size = 0;

  get full(): boolean {
    return this.#size >= BATCH_BYTES;
  }

  get empty(): boolean {
    return this.#size === 0;
  }

  add(...pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#size += piece.length;
    }
  }

  /** Everything collected; the batch is empty afterwards. */
  take(): Buffer {
    const [first] = this.#pieces;
    const all = this.#pieces.length === 1 && first ? first : joinBuffers(this.#pieces, this.#size);
    this.#pieces = [];
    this.#size = 0;
    return all;
  }
}

/** Writes everything at the speed of the reader and ends the response; stops quietly where the reader goes. */
export async function writeBody(response: Response, pieces: Iterable<Buffer>): Promise<void> {
  const batch = new ByteBatch();
  for (const piece of pieces) {
    batch.add(piece);
    if (batch.full && !response.write(batch.take())) await drained(response);
    if (response.destroyed || response.writableEnded) return;
  }
  if (batch.empty) response.end();
  else response.end(batch.take());
}

function drained(response: Response): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    response.off('drain', done);
    response.off('close', done);
    resolve();
  };
  response.on('drain', done);
  response.on('close', done);
  return promise;
}
