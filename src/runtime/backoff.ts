import type { Random } from './random.ts';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random: Random;
  /** Most outages are short: for so many attempts the step does not grow beyond `maxMs` of this. */
  readonly eager?: { readonly attempts: number; readonly maxMs: number };
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
    const { random } = this.#options;
    const step = this.#step();
    this.#failures++;
    return step / 2 + random() * (step / 2);
  }

  reset(): void {
    this.#failures = 0;
  }

  #step(): number {
    const { firstMs, maxMs, eager } = this.#options;
    if (!eager) return doubled(firstMs, this.#failures, maxMs);
    if (this.#failures < eager.attempts) return doubled(firstMs, this.#failures, eager.maxMs);
    return doubled(eager.maxMs, this.#failures - eager.attempts + 1, maxMs);
  }
}

function doubled(ms: number, times: number, maxMs: number): number {
  return Math.min(maxMs, ms * 2 ** Math.min(times, 30));
}
