import type { Clock } from '../../runtime/clock.ts';
import { IdleDeadline } from '../../runtime/idle-deadline.ts';

/**
 * The signal of one request and its body: aborts with any of the given signals, or when nothing arrives for
 * `idleMs`. `release` frees timer and listeners and ends the request if it still runs.
 */
export class StreamGuard {
  readonly #controller = new AbortController();
  readonly #releases: (() => void)[] = [];
  readonly #clock: Clock;
  #deadline: IdleDeadline | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  follow(signal: AbortSignal): void {
    const onAbort = (): void => this.#controller.abort(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#releases.push(() => signal.removeEventListener('abort', onAbort));
  }

  /** Replaces the idle deadline: a list and the watch that follows it differ. */
  idle(ms: number, exceeded: () => Error): void {
    this.#deadline?.stop();
    this.#deadline = new IdleDeadline(this.#clock, ms, () => this.#controller.abort(exceeded()));
    this.#deadline.start();
  }

  touch(): void {
    this.#deadline?.touch();
  }

  /** May be called twice. */
  release(): void {
    this.#deadline?.stop();
    for (const release of this.#releases.splice(0)) release();
    this.#controller.abort(new DOMException('the request is over', 'AbortError'));
  }
}
