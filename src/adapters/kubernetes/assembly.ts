import { Buffer } from 'node:buffer';

/** Puts a run of bytes of known length together again where chunk boundaries cut it. */
export class Assembly {
  #whole: Buffer | undefined;
  #filled = 0;

  /**
   * Adds the next part, of which `remaining` bytes follow. Returns the run when it is whole: the part itself, without
   * a copy, where it was never cut. One allocation per run, so that a peer that sends single bytes costs no more.
   */
  add(part: Buffer, remaining: number): Buffer | undefined {
    if (remaining === 0 && this.#whole === undefined) return part;
    this.#whole ??= Buffer.allocUnsafe(part.length + remaining);
    part.copy(this.#whole, this.#filled);
    this.#filled += part.length;
    if (remaining > 0) return undefined;
    const whole = this.#whole;
    this.#whole = undefined;
    this.#filled = 0;
    return whole;
  }
}
