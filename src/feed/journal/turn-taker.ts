import type { Clock } from '../../runtime/clock.ts';
import { yieldLoop } from '../../runtime/yield.ts';

/** How long one piece of work may hold up everything else. */
const TURN_MS = 4;

/** Lets long work in slices give the event loop a turn when it took enough time. */
export class TurnTaker {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #until: number;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#until = clock.monotonic() + TURN_MS;
  }

  /** To be called after each slice. Rejects with the signal's reason when that aborts. */
  async next(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#clock.monotonic() < this.#until) return;
    await yieldLoop();
    this.#signal.throwIfAborted();
    this.#until = this.#clock.monotonic() + TURN_MS;
  }
}
