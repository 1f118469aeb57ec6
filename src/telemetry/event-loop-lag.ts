import type { Clock } from '../runtime/clock.ts';

const SAMPLE_MS = 100;
/** A reading covers the last one to two windows, so that each of several scrapers sees every peak. */
const WINDOW_MS = 30_000;

/** How late timers fire: the longest delay of the last 30 to 60 seconds. */
export class EventLoopLag {
  readonly #clock: Clock;
  #before = 0;
  #now = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get seconds(): number {
    return Math.max(this.#before, this.#now) / 1000;
  }

  /** Samples until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let windowEnd = this.#clock.monotonic() + WINDOW_MS;
    while (!signal.aborted) {
      const start = this.#clock.monotonic();
      try {
        await this.#clock.sleep(SAMPLE_MS, signal);
      } catch {
        return;
      }
      const end = this.#clock.monotonic();
      if (end >= windowEnd) {
        this.#before = this.#now;
        this.#now = 0;
        windowEnd = end + WINDOW_MS;
      }
      this.#now = Math.max(this.#now, end - start - SAMPLE_MS);
    }
  }
}
