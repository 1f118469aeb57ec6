import { Backoff } from '../../runtime/backoff.ts';
import type { Random } from '../../runtime/random.ts';
import { isForbidden, retryAfterMs } from './lease-client.ts';
import type { LeaseTimings } from './lease-timings.ts';

/** How long the elector waits between two attempts. All waits are jittered, so that candidates do not come together. */
export class RetryPause {
  readonly #timings: LeaseTimings;
  readonly #random: Random;
  readonly #backoff: Backoff;
  readonly #refused: Backoff;

  constructor(timings: LeaseTimings, random: Random) {
    this.#timings = timings;
    this.#random = random;
    const { retryPeriodMs: firstMs, leaseDurationMs } = timings;
    this.#backoff = new Backoff({ firstMs, maxMs: 2 * firstMs, random });
    // A permission that is missing is not granted in the next second, and asking fills the audit log.
    this.#refused = new Backoff({ firstMs, maxMs: Math.max(firstMs, leaseDurationMs), random });
  }

  /** After a renewal. */
  afterRenewal(): number {
    this.#reset();
    return this.#timings.retryPeriodMs * (0.9 + 0.2 * this.#random());
  }

  /** The Lease is another's, for `untilFreeMs` at least if it is not renewed: look again in time for that, too. */
  whileHeld(untilFreeMs: number): number {
    this.#reset();
    const { retryPeriodMs } = this.#timings;
    const usual = retryPeriodMs * (1 + 0.2 * this.#random());
    return Math.min(usual, untilFreeMs + 0.1 * retryPeriodMs * this.#random());
  }

  /** @param leads there is a deadline to meet: try several times before it. */
  afterFailure(error: unknown, leads: boolean): number {
    const { retryPeriodMs, renewDeadlineMs } = this.#timings;
    if (leads) {
      const soon = retryPeriodMs * (0.25 + 0.25 * this.#random());
      return Math.max(soon, Math.min(retryAfterMs(error), renewDeadlineMs / 4));
    }
    const step = isForbidden(error) ? this.#refused.next() : this.#backoff.next();
    return Math.max(step, Math.min(retryAfterMs(error), this.#timings.leaseDurationMs));
  }

  #reset(): void {
    this.#backoff.reset();
    this.#refused.reset();
  }
}
