import { afterTurn } from '../../runtime/yield.ts';

/**
 * Gives all long work of the feed its turns, one piece of it in one turn of the event loop: two hundred lists at once hold up everything
 * else for no longer at a time than one does.
 */
export class SharedTurns {
  /** Whose turn is next first. */
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#waiting.push(resolve) === 1) this.#schedule();
    return promise;
  }

  #schedule(): void {
    afterTurn(() => {
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
