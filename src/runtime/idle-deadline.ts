import type { Clock } from './clock.ts';

/**
 * Calls `onExpire` once when nobody called `touch` for `ms`. A touch is one clock reading, not a timer change,
 * because streams touch it at every chunk.
 */
export class IdleDeadline {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onExpire: () => void;
  #last = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, ms: number, onExpire: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onExpire = onExpire;
  }

  start(): void {
    this.#last = this.#clock.monotonic();
    this.#arm(this.#ms);
  }

  touch(): void {
    this.#last = this.#clock.monotonic();
  }

  /** May be called twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#ms - (this.#clock.monotonic() - this.#last);
      if (left > 0) this.#arm(left);
      else this.#onExpire();
    });
  }
}
