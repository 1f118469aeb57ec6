import type { Clock } from '../runtime/clock.ts';

export interface FloodGateOptions<T> {
  readonly clock: Clock;
  /** Items of one key that pass in one window. */
  readonly limit: number;
  readonly windowMs: number;
  /** A window in which items were held back is over: the last of them, and how many came before it. */
  readonly onHeldBack: (last: T, suppressed: number) => void;
}

interface Window<T> {
  passed: number;
  heldBack: number;
  last: T | undefined;
  readonly cancel: () => void;
}

/**
 * Bounds how often items of one key pass. The last one of a window always comes out, late, so that the final state
 * is seen. Windows begin with the first item and are forgotten at their end: memory is bounded by the keys of one
 * window.
 */
export class FloodGate<T> {
  readonly #options: FloodGateOptions<T>;
  readonly #windows = new Map<string, Window<T>>();

  constructor(options: FloodGateOptions<T>) {
    this.#options = options;
  }

  /** Whether the item passes now. */
  admit(key: string, item: T): boolean {
    const window = this.#windows.get(key) ?? this.#begin(key);
    if (window.passed < this.#options.limit) {
      window.passed++;
      return true;
    }
    window.heldBack++;
    window.last = item;
    return false;
  }

  /** Ends all windows now. */
  close(): void {
    for (const key of this.#windows.keys()) this.#end(key);
  }

  #begin(key: string): Window<T> {
    const cancel = this.#options.clock.after(this.#options.windowMs, () => this.#end(key));
    const window: Window<T> = { passed: 0, heldBack: 0, last: undefined, cancel };
    this.#windows.set(key, window);
    return window;
  }

  #end(key: string): void {
    const window = this.#windows.get(key);
    if (window === undefined) return;
    this.#windows.delete(key);
    window.cancel();
    if (window.last !== undefined) this.#options.onHeldBack(window.last, window.heldBack - 1);
  }
}
