import type { Clock } from '../../runtime/clock.ts';

export interface ExpiringMapOptions {
  readonly clock: Clock;
  /** How long a value counts, in milliseconds. */
  readonly ttlMs: number;
  /** Where there are more, the oldest go. */
  readonly maxEntries: number;
}

/** Values that are forgotten after a time. Bounded; needs no timer. */
export class ExpiringMap<T> {
  readonly #options: ExpiringMapOptions;
  /** In the order in which they came, which is the order in which they expire. */
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(options: ExpiringMapOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.until > this.#options.clock.monotonic()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: T): void {
    const { clock, ttlMs, maxEntries } = this.#options;
    const now = clock.monotonic();
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: now + ttlMs });
    for (const [oldest, { until }] of this.#entries) {
      if (until > now && this.#entries.size <= maxEntries) break;
      this.#entries.delete(oldest);
    }
  }
}
