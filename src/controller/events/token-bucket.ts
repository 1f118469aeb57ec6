/** `burst` tokens at once, and a new one every `everyMs`. Time is given, not read. */
export class TokenBucket {
  readonly #burst: number;
  readonly #everyMs: number;
  #tokens: number;
  #at: number;

  constructor(burst: number, everyMs: number, now: number) {
    this.#burst = burst;
    this.#everyMs = everyMs;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one if there is one. */
  take(now: number): boolean {
    if (this.waitMs(now) > 0) return false;
    this.#tokens--;
    return true;
  }

  /** Until there is one; 0 = there is. */
  waitMs(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / this.#everyMs);
    this.#at = now;
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * this.#everyMs);
  }
}
