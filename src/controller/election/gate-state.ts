import type { Clock } from '../../runtime/clock.ts';

/** Open until a moment of the monotonic clock; tells its listeners when it opens and when it closes. */
export class GateState {
  readonly #clock: Clock;
  readonly #listeners = new Set<(open: boolean) => void>();
  #until = Number.NEGATIVE_INFINITY;
  /** As the listeners know it. */
  #told = false;
  #forGood = false;
  #cancelTimer: (() => void) | undefined;

  /** @param first is told before all other listeners. */
  constructor(clock: Clock, first: (open: boolean) => void) {
    this.#clock = clock;
    this.#listeners.add(first);
  }

  /** Whole milliseconds. From the clock and not from a timer, so it is right even when the event loop was held up. */
  budgetMs(): number {
    return Math.max(0, Math.floor(this.#until - this.#clock.monotonic()));
  }

  get closedForGood(): boolean {
    return this.#forGood;
  }

  onChange(listener: (open: boolean) => void): () => void {
    // A function of its own, so that one listener given twice is two.
    const own = (open: boolean): void => listener(open);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Without effect once it was closed for good. */
  openUntil(deadline: number): void {
    if (this.#forGood) return;
    // Where it had ended already and the timer is late, the listeners hear of the end first.
    this.#tell();
    this.#until = deadline;
    this.#tell();
  }

  close(): void {
    this.#until = Number.NEGATIVE_INFINITY;
    this.#tell();
  }

  closeForGood(): void {
    this.#forGood = true;
    this.close();
  }

  #tell(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const budget = this.budgetMs();
    if (budget > 0) this.#cancelTimer = this.#clock.after(budget, () => this.#tell());
    const open = budget > 0;
    if (open === this.#told) return;
    this.#told = open;
    for (const listener of this.#listeners) listener(open);
  }
}
