import type { Clock } from '../../runtime/clock.ts';
import type { SharedTurns } from './shared-turns.ts';

/** How long one piece of work may hold up everything else. */
const TURN_MS = 4;

/** Lets long work in slices give the event loop, and other such work, a turn when it took enough time. */
export class TurnTaker {
  readonly #turns: SharedTurns;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Not before its first turn: many may begin at the same time. */
  #until = Number.NEGATIVE_INFINITY;

  constructor(turns: SharedTurns, clock: Clock, signal: AbortSignal) {
    this.#turns = turns;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** To be called after each slice. Rejects with the signal's reason when that aborts. */
  async next(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#clock.monotonic() < this.#until) return;
    await this.#turns.next();
    this.#signal.throwIfAborted();
    this.#until = this.#clock.monotonic() + TURN_MS;
  }
}
