import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { LatencyTrend } from './latency-trend.ts';

/** How a request ended, as far as the server's load goes. */
export type LoadSign =
  /** It was answered, whatever the answer. */
  | { readonly sign: 'answered' }
  | { readonly sign: 'throttled'; readonly retryAfterMs: number | undefined }
  | { readonly sign: 'failed' };

export interface WriteLimitOptions {
  readonly max: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** A request under way. `leave` is called once, when it ended. */
export interface Slot {
  leave(sign: LoadSign): void;
}

interface Request {
  readonly startedAt: number;
  readonly round: number;
  /** None of ours was, or could be, under way beside it. */
  readonly alone: boolean;
}

const FIRST_LIMIT = 4;
/** So many requests in a row that were not answered are an outage: then requests are few. */
const OUTAGE_FAILURES = 5;
const PAUSE = { firstMs: 1_000, maxMs: 10_000 };
/** After so many answers it is tried again whether more requests at once than were refused are taken now. */
const ANSWERS_TILL_PROBE = 200;
/** A server that asks for more does not mean it. */
const MAX_RETRY_AFTER_MS = 300_000;

/**
 * How many requests may be under way at once, between 1 and `max`: found by what the server shows (additive increase,
 * multiplicative decrease), not set. It doubles at first and then grows by one for each full round that is answered; it halves
 * at a 429 or a failure, and shrinks by how much slower answers are than the best seen. Of the requests of one round
 * only the first makes it shrink. After a 429, and in an outage, nothing starts for a while; so as not to meet the next one
 * a few requests later it stays below what was refused for some time.
 */
export class WriteLimit {
  readonly #options: WriteLimitOptions;
  readonly #pause: Backoff;
  readonly #trend = new LatencyTrend();
  #limit: number;
  #doubling = true;
  #inFlight = 0;
  /** When it was used up last: where it is not, an answer says nothing about a higher one. */
  #fullAt = -Infinity;
  /** Grows with each time that it shrank. */
  #round = 0;
  #pausedUntil = -Infinity;
  #failures = 0;
  /** So many at once met a 429. */
  #refused = Infinity;
  #answersTillProbe = 0;

  constructor(options: WriteLimitOptions) {
    this.#options = options;
    this.#limit = Math.min(FIRST_LIMIT, options.max);
    this.#pause = new Backoff({ ...PAUSE, random: options.random });
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Nothing was answered for several requests. */
  get outage(): boolean {
    return this.#failures >= OUTAGE_FAILURES;
  }

  /** Milliseconds till the next request may start; 0 = now, if there is room. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#options.clock.monotonic());
  }

  get hasRoom(): boolean {
    return this.#inFlight < this.limit && this.pauseMs === 0;
  }

  /** Only while it has room. */
  enter(): Slot {
    this.#inFlight++;
    const request = {
      startedAt: this.#options.clock.monotonic(),
      round: this.#round,
      alone: this.limit === 1 && this.#inFlight === 1,
    };
    if (this.#inFlight >= this.limit) this.#fullAt = request.startedAt;
    return {
      leave: (sign) => {
        this.#inFlight--;
        this.#learn(sign, request);
      },
    };
  }

  #learn(sign: LoadSign, request: Request): void {
    if (sign.sign === 'answered') {
      this.#answered(request);
      return;
    }
    if (sign.sign === 'throttled' && request.round === this.#round) {
      this.#refused = Math.max(2, this.limit);
      this.#answersTillProbe = ANSWERS_TILL_PROBE;
    }
    this.#shrink(0.5, request.round);
    if (sign.sign === 'throttled') this.#throttled(sign.retryAfterMs);
    else {
      this.#failures++;
      if (this.outage) this.#backOff();
    }
  }

  #answered({ startedAt, round, alone }: Request): void {
    const now = this.#options.clock.monotonic();
    this.#failures = 0;
    this.#pause.reset();
    const gradient = this.#trend.add(now - startedAt, now, alone);
    if (gradient < 1) this.#shrink(gradient, round);
    else if (this.#fullAt >= startedAt) this.#grow();
  }

  #throttled(retryAfterMs: number | undefined): void {
    if (retryAfterMs === undefined) this.#backOff();
    else this.#pauseFor(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) * (1 + this.#options.random() / 10));
  }

  /** The requests that were under way together make one step of the back-off, not one each. */
  #backOff(): void {
    if (this.pauseMs === 0) this.#pauseFor(this.#pause.next());
  }

  #pauseFor(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.clock.monotonic() + ms);
  }

  #grow(): void {
    const next = Math.min(this.#options.max, this.#limit + (this.#doubling ? 1 : 1 / this.#limit));
    if (next >= this.#refused && this.#answersTillProbe-- > 0) return;
    if (next >= this.#refused) this.#refused = Infinity;
    this.#limit = next;
  }

  #shrink(factor: number, round: number): void {
    if (round !== this.#round) return;
    this.#round++;
    this.#doubling = false;
    this.#limit = Math.max(1, this.#limit * factor);
  }
}
