import { type LocalApi, WriteError } from '../../contract/local-api.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { abortable, withDeadline } from '../../runtime/abortable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { Gate } from '../../runtime/gate.ts';
import type { FeedAccessReporter, ReviewKind } from './access-event.ts';
import { ExpiringMap } from './expiring-map.ts';
import type { Unavailable } from './feed-user.ts';

export interface ReviewDeps {
  readonly clock: Clock;
  readonly api: LocalApi;
  readonly report: FeedAccessReporter;
  /** The life of the feed's access: what runs ends with it. */
  readonly life: AbortSignal;
}

/** A kind of review and how long its answers count. */
export interface ReviewRules {
  readonly review: ReviewKind;
  /** `/apis/authentication.k8s.io/v1/tokenreviews`. */
  readonly path: string;
  readonly grantedMs: number;
  readonly refusedMs: number;
}

/** An answer, and whether it lets somebody in. */
export interface Reviewed<T> {
  readonly granted: boolean;
  readonly value: T;
}

/** Puts a question to the API, once or more, and judges what comes back. */
export type ReviewWork<T> = (ask: (spec: JsonObject) => Promise<JsonObject>) => Promise<Reviewed<T>>;

export interface ReviewCounts {
  /** Requests that were sent. */
  readonly asked: number;
  /** Of them those that brought no answer. */
  readonly failed: number;
  /** Answers that are remembered. */
  readonly cached: number;
}

/** One request to the local API may take so long. */
const REQUEST_MS = 5_000;
/** Somebody who asks waits at most so long, in the queue and for the answer. */
const PATIENCE_MS = 10_000;
const RETRY_AFTER_MS = 1_000;
/** Answers of each kind that are remembered; a flood of wrong tokens can push out only other refusals. */
const MAX_ENTRIES = 4_096;
/** Requests at once, and those that wait for their turn: strangers must not be able to flood the local API by us. */
const PARALLEL = 16;
const MAX_PENDING = 128;
/** A failure that comes and goes, or changes its words, is said at most so often. */
const REPORT_EVERY_MS = 30_000;

/**
 * Asks the local cluster's API for reviews of one kind: one request for all who ask the same at the same time, answers
 * remembered for a while, everything bounded. Failures are never remembered.
 */
export class ReviewDesk<T> {
  readonly #rules: ReviewRules;
  readonly #deps: ReviewDeps;
  readonly #granted: ExpiringMap<T>;
  readonly #refused: ExpiringMap<T>;
  readonly #pending = new Map<string, Promise<T>>();
  readonly #gate = new Gate(PARALLEL);
  #asked = 0;
  #failed = 0;
  #trouble: { readonly message: string; readonly isReported: boolean } | undefined;
  /** Monotonic. */
  #quietUntil = -Infinity;

  constructor(rules: ReviewRules, deps: ReviewDeps) {
    const { clock } = deps;
    this.#rules = rules;
    this.#deps = deps;
    this.#granted = new ExpiringMap({ clock, ttlMs: rules.grantedMs, maxEntries: MAX_ENTRIES });
    this.#refused = new ExpiringMap({ clock, ttlMs: rules.refusedMs, maxEntries: MAX_ENTRIES });
  }

  get counts(): ReviewCounts {
    return {
      asked: this.#asked,
      failed: this.#failed,
      cached: this.#granted.size + this.#refused.size,
    };
  }

  /**
   * @param key stands for the whole question; holds no secret.
   * @throws the signal's reason, nothing else.
   */
  async answer(key: string, work: ReviewWork<T>, signal: AbortSignal): Promise<T | Unavailable> {
    const known = this.#granted.get(key) ?? this.#refused.get(key);
    if (known !== undefined) return known;
    const pending = this.#pending.get(key) ?? this.#begin(key, work);
    if (pending === undefined) return this.#unavailable('too many reviews are waiting');
    const exceeded = (): Error => new ReviewFailure(`no answer within ${PATIENCE_MS / 1000} s`);
    try {
      return await withDeadline({ clock: this.#deps.clock, ms: PATIENCE_MS, exceeded }, signal, (bounded) =>
        abortable(pending, bounded),
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return this.#unavailable(
        error instanceof ReviewFailure ? error.message : 'it failed',
        error instanceof WriteError ? error.retryAfterMs : undefined,
      );
    }
  }

  #begin(key: string, work: ReviewWork<T>): Promise<T> | undefined {
    if (this.#pending.size >= MAX_PENDING) return undefined;
    const pending = this.#work(key, work).finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    // Whoever asked may be gone before it fails.
    pending.catch(() => {});
    return pending;
  }

  async #work(key: string, work: ReviewWork<T>): Promise<T> {
    const leave = await this.#gate.enter(this.#deps.life);
    try {
      const { granted, value } = await work((spec) => this.#ask(spec));
      (granted ? this.#granted : this.#refused).set(key, value);
      return value;
    } finally {
      leave();
    }
  }

  async #ask(spec: JsonObject): Promise<JsonObject> {
    const { api, life, report } = this.#deps;
    const { path, review } = this.#rules;
    this.#asked++;
    try {
      const object = { apiVersion: path.slice('/apis/'.length, path.lastIndexOf('/')), kind: review, spec };
      const { status } = await api.create(path, object, { signal: life, timeoutMs: REQUEST_MS });
      if (typeof status !== 'object' || status === null || Array.isArray(status)) {
        throw new ReviewFailure('the answer has no status');
      }
      if (this.#trouble?.isReported === true) report({ event: 'feed.review.resumed', review });
      this.#trouble = undefined;
      return status as JsonObject;
    } catch (error) {
      if (!life.aborted) this.#failure(error, spec);
      throw error;
    }
  }

  #failure(error: unknown, spec: JsonObject): void {
    const { clock, report } = this.#deps;
    this.#failed++;
    const isSpoken = error instanceof WriteError || error instanceof ReviewFailure;
    const text = isSpoken ? error.message : 'an internal error';
    // What a server writes into its errors is not ours to choose.
    const { token } = spec;
    const message = typeof token === 'string' && token !== '' ? text.replaceAll(token, '(token)') : text;
    const now = clock.monotonic();
    const isNews = this.#trouble?.isReported !== true || this.#trouble.message !== message;
    if (!isNews || now < this.#quietUntil) {
      this.#trouble ??= { message, isReported: false };
      return;
    }
    this.#quietUntil = now + REPORT_EVERY_MS;
    this.#trouble = { message, isReported: true };
    report({ event: 'feed.review.failed', review: this.#rules.review, message });
  }

  #unavailable(why: string, retryAfterMs = RETRY_AFTER_MS): Unavailable {
    const reason = `the ${this.#rules.review} of the local cluster is not available now: ${why}`;
    return { outcome: 'unavailable', reason, retryAfterMs };
  }
}

/** Why there is no answer, in words that a client may see. */
class ReviewFailure extends Error {
  override readonly name = 'ReviewFailure';
}
