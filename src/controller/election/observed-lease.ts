import type { JsonObject } from '../../model/json-field.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type LeaseRecord, readLease, sameRecord } from './lease.ts';

/**
 * The Lease as last seen, and for how long it has not changed by our own monotonic clock. The times in the Lease are those
 * of its holder's clock and are never compared with ours.
 */
export class ObservedLease {
  readonly #clock: Clock;
  readonly #defaultMs: number;
  #record: LeaseRecord | undefined;
  #since = 0;

  /** @param defaultMs duration of a Lease that names none. */
  constructor(clock: Clock, defaultMs: number) {
    this.#clock = clock;
    this.#defaultMs = defaultMs;
  }

  /** The holder last seen; null = none. */
  get holder(): string | null {
    return this.#record === undefined || this.#record.holder === '' ? null : this.#record.holder;
  }

  get record(): LeaseRecord | undefined {
    return this.#record;
  }

  /**
   * Takes what was just read or written. A Lease that is not there (any more) is no news: who deletes it does not stop its
   * holder, so its last record keeps protecting that one till it ends.
   */
  observe(lease: JsonObject | undefined): void {
    if (lease === undefined) return;
    const record = readLease(lease);
    if (this.#record !== undefined && sameRecord(this.#record, record)) return;
    this.#record = record;
    // Read after the answer came: later than the change itself, so that we never wait too short.
    this.#since = this.#clock.monotonic();
  }

  /** Milliseconds until this candidate may take it; 0 = now. */
  waitMs(identity: string): number {
    const record = this.#record;
    if (record === undefined || record.holder === '' || record.holder === identity) return 0;
    const age = this.#clock.monotonic() - this.#since;
    return Math.max(0, (record.durationMs ?? this.#defaultMs) - age);
  }
}
