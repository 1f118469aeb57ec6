import { Buffer } from 'node:buffer';

/** Runs up to this size are put together in one piece of memory that is used again. */
const KEPT_BYTES = 64 * 1024;

/** Puts a run of bytes of known length together again where chunk boundaries cut it. */
export class Assembly {
  /** HTTP/2 cuts nearly every pod: an allocation for each was a third of the garbage of a first list. */
  #kept = Buffer.alloc(0);
  #whole: Buffer | undefined;
  #filled = 0;

  /**
   * Adds the next part, of which `remaining` bytes follow. Returns the run when it is whole: the part itself, without
   * a copy, where it was never cut. It is valid until the next call. At most one allocation per run, so that a peer
   * that sends single bytes costs no more.
   */
  add(part: Buffer, remaining: number): Buffer | undefined {
    if (remaining === 0 && this.#whole === undefined) return part;
    this.#whole ??= this.#room(part.length + remaining);
    part.copy(this.#whole, this.#filled);
    this.#filled += part.length;
    if (remaining > 0) return undefined;
    const whole = this.#whole;
    this.#whole = undefined;
    this.#filled = 0;
    return whole;
  }

  #room(length: number): Buffer {
    if (length > KEPT_BYTES) return Buffer.allocUnsafeSlow(length);
    if (length > this.#kept.length) {
      this.#kept = Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES, Math.max(length, 2 * this.#kept.length)));
    }
    return this.#kept.subarray(0, length);
  }
}
