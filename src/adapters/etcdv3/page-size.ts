/** Small at first: nothing is known of the values yet. */
const FIRST_KEYS = 500;
const MAX_KEYS = 10_000;
/** Big pages cost the server less, since each one counts the rest of the range; two of them are in memory at a time. */
const TARGET_BYTES = 6_000_000;
const GROWTH = 20;
const SHRINK = 16;

/** How many keys to ask for, so that a page has about the target's size whatever the values are. */
export class PageSize {
  #keys = FIRST_KEYS;

  get keys(): number {
    return this.#keys;
  }

  /** A page came: the next will have values of that size, too, as far as one can know. */
  fits(keys: number, bytes: number): void {
    if (keys === 0) return;
    const wanted = Math.floor(TARGET_BYTES / Math.max(1, bytes / keys));
    this.#keys = Math.max(1, Math.min(wanted, MAX_KEYS, this.#keys * GROWTH));
  }

  /** A page was refused for its size. False where it cannot be smaller. */
  tooLarge(): boolean {
    if (this.#keys === 1) return false;
    this.#keys = Math.max(1, Math.floor(this.#keys / SHRINK));
    return true;
  }
}
