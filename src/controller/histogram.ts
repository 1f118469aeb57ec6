import type { HistogramCounts } from '../contract/controller-view.ts';

/** Counts values into buckets. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #buckets: number[];
  #sum = 0;
  #count = 0;

  /** `bounds` grow. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count++;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
  }

  counts(): HistogramCounts {
    let total = 0;
    const buckets = this.#buckets.map((count) => (total += count));
    return { bounds: this.#bounds, buckets, sum: this.#sum, count: this.#count };
  }
}
