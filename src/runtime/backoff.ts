import type { Random } from './random.ts';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random: Random;
}

/** Exponential back-off, doubled each time, with full jitter over the upper half: never shorter than half the step. */
export class Backoff {
  #failures = 0;
  readonly #options: BackoffOptions;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How often `next` was called since the last `reset`. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { firstMs, maxMs, random } = this.#options;
    const step = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return step / 2 + random() * (step / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
