import type { DatastoreError } from '../contract/datastore-error.ts';
import type { StatusReason } from '../model/status.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Random } from '../runtime/random.ts';

/** All times in milliseconds. */
export interface RetryTimings {
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** After `forbidden`: permissions change rarely, and asking fills the remote's audit log. */
  readonly forbiddenRetryMs: number;
}

/** So many times in a row what was granted before and is refused now is asked for again soon. */
const QUICK_REFUSALS = 4;
const QUICK_REFUSAL_MS = 4_000;
/** After so many resume points in a row that were gone, what was seen before is no yardstick any more. */
const HOPELESS_EXPIRIES = 3;

/** Nobody answered: it says nothing of how the server takes requests once it is back. */
const OUTAGES: ReadonlySet<StatusReason> = new Set([
  'ConnectionRefused',
  'DnsFailed',
  'TlsFailed',
  'Timeout',
  'Unreachable',
]);

/** How long one resource waits before its next attempt, from what happened to the attempts before. */
export class RetrySchedule {
  readonly #timings: RetryTimings;
  readonly #random: Random;
  /** Of failures that are answers. */
  readonly #backoff: Backoff;
  /** Apart: after a long outage a server that starts refuses for some seconds, and is not to be left alone for another minute. */
  readonly #outage: Backoff;
  /** Resume points in a row that were gone, without a watch that lasted between them. */
  #expiries = 0;
  /** How often in a row it was forbidden. */
  #refusals = 0;

  constructor(timings: RetryTimings, random: Random) {
    this.#timings = timings;
    this.#random = random;
    const { firstRetryMs: firstMs, maxRetryMs: maxMs } = timings;
    this.#backoff = new Backoff({ firstMs, maxMs, random });
    this.#outage = new Backoff({ firstMs, maxMs, random });
  }

  /** Failed attempts since something last went well. */
  get attempts(): number {
    return this.#backoff.failures + this.#outage.failures;
  }

  /** The server never gets to where it was (restored from a backup): do not insist for ever. */
  get hopeless(): boolean {
    return this.#expiries >= HOPELESS_EXPIRIES;
  }

  /** A list was complete. */
  listed(): void {
    this.#refusals = 0;
  }

  /** A watch lasted. */
  lasted(): void {
    this.#reset();
    this.#expiries = 0;
  }

  /** A healthy watch broke: it is opened again almost at once, but not by all clients together. */
  afterCut(): number {
    this.#reset();
    return this.#random() * this.#timings.firstRetryMs;
  }

  /** A watch ended as soon as it was open. */
  afterShortWatch(): number {
    return this.#backoff.next();
  }

  /** The first relist is immediate; a resume point that keeps expiring backs off. */
  afterExpiry({ retryAfterMs = 0 }: DatastoreError): number {
    // It answered: what was waited for before this, an outage mostly, is over.
    if (this.#expiries === 0) this.#reset();
    const waitMs = this.#expiries++ === 0 ? 0 : this.#backoff.next();
    return Math.max(waitMs, retryAfterMs);
  }

  /** @param granted it was listed before, so that a refusal may be only that of a server that starts. */
  afterFailure({ reaction, reason, retryAfterMs = 0 }: DatastoreError, granted: boolean): number {
    const step = (OUTAGES.has(reason) ? this.#outage : this.#backoff).next();
    this.#refusals = reaction === 'forbidden' ? this.#refusals + 1 : 0;
    if (reaction === 'config') return Math.max(this.#slow(), retryAfterMs);
    if (reaction !== 'forbidden') return Math.max(step, retryAfterMs);
    // An API server that starts refuses what it grants a moment later.
    const soon = granted && this.#refusals <= QUICK_REFUSALS;
    return Math.max(soon ? Math.min(step, QUICK_REFUSAL_MS) : this.#slow(), retryAfterMs);
  }

  #reset(): void {
    this.#backoff.reset();
    this.#outage.reset();
  }

  #slow(): number {
    const { forbiddenRetryMs } = this.#timings;
    return forbiddenRetryMs / 2 + (this.#random() * forbiddenRetryMs) / 2;
  }
}
