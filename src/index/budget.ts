import type { Resource } from '../model/kind.ts';

/** How many objects a cluster may have. Only new ones are refused; updates and deletes go on. */
export class Budget {
  readonly #limit: number;
  readonly #onExceeded: (limit: number) => void;
  /** Resources of which something is missing. */
  readonly #refusing = new Set<Resource>();
  #refused = 0;

  /** `onExceeded` is called once for each time that `over` becomes true, not for each object. */
  constructor(limit: number, onExceeded: (limit: number) => void) {
    this.#limit = limit;
    this.#onExceeded = onExceeded;
  }

  get over(): boolean {
    return this.#refusing.size > 0;
  }

  /** How many puts were refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether one more object, of `resource`, may come to `size` of them. */
  admit(size: number, resource: Resource): boolean {
    if (size < this.#limit) return true;
    this.#refused++;
    const wasOver = this.over;
    this.#refusing.add(resource);
    if (!wasOver) this.#onExceeded(this.#limit);
    return false;
  }

  /** To be called after objects went. */
  settle(size: number): void {
    if (size < this.#limit) this.#refusing.clear();
  }

  /** A complete list of `resource` was taken whole: nothing of it is missing. */
  complete(resource: Resource): void {
    this.#refusing.delete(resource);
  }
}
