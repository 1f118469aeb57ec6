import { type Clock, systemClock } from '../../src/runtime/clock.ts';

/** The real clock at `speed` times its pace, which counts the timers that wait. */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #waiting = new Set<object>();

  constructor(speed = 1) {
    this.#speed = speed;
  }

  /** Timers and sleeps that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#waiting.size;
  }

  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic() * this.#speed;
  }

  after(ms: number, run: () => void): () => void {
    const timer = {};
    this.#waiting.add(timer);
    const cancel = systemClock.after(ms / this.#speed, () => {
      this.#waiting.delete(timer);
      run();
    });
    return () => {
      this.#waiting.delete(timer);
      cancel();
    };
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const timer = {};
    this.#waiting.add(timer);
    try {
      await systemClock.sleep(ms / this.#speed, signal);
    } finally {
      this.#waiting.delete(timer);
    }
  }
}
