/** More than two are never in use: a page that is worked on, and the one that is under way. */
const KEPT = 2;
const ROUND = 1 << 16;

/**
 * Memory for the pages of one list, used again and again: a fresh buffer of megabytes for each page costs the page faults, and
 * the garbage collector is pressed to run by memory that it does not own (measured: a third of the transport's CPU).
 */
export class PageBuffers {
  readonly #free: Buffer[] = [];
  readonly #own = new WeakSet<ArrayBufferLike>();

  /** A buffer of exactly `length` bytes, of any content. */
  take(length: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= length);
    const [buffer = allocate(length)] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#own.add(buffer.buffer);
    return buffer.subarray(0, length);
  }

  /** Gives back what `take` gave; no view of it may be read from now on. Anything else is not ours: a small message is a part of a chunk. */
  giveBack(bytes: Buffer): void {
    if (!this.#own.has(bytes.buffer)) return;
    this.#free.push(Buffer.from(bytes.buffer));
    // The small one of the first page goes first.
    if (this.#free.length > KEPT) this.#free.shift();
  }
}

/** With some room, since pages are of about the same size. */
function allocate(length: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.ceil((length * 1.1) / ROUND) * ROUND);
}
