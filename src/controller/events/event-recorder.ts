import { DatastoreError } from '../../contract/datastore-error.ts';
import { type LocalApi, WriteError } from '../../contract/local-api.ts';
import type { WriteGate } from '../../contract/write-gate.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { type EventKey, type EventSource, type StoredEvent, eventKey } from './event-json.ts';
import { EVENT_LIMITS, type EventLimits } from './event-limits.ts';
import { EventWriter } from './event-writer.ts';
import type { ObjectEvent, ObjectReference } from './object-event.ts';
import { RecentMap } from './recent-map.ts';
import { TokenBucket } from './token-bucket.ts';

export interface EventRecorderOptions {
  readonly source: EventSource;
  readonly gate: WriteGate;
  /** Nothing is written at all. */
  readonly dryRun: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<EventLimits>;
  /** The first failure since Events could last be written. Must not throw. */
  readonly onFailure: (message: string) => void;
}

/** What became of the events that were recorded, since the start. */
export interface EventCounts {
  /** Requests that were accepted. One may stand for several repetitions. */
  written: number;
  /** The same was written shortly before: it will count up the next one. */
  repeated: number;
  /** Too many about one object, too many that wait, or too old: never written. */
  limited: number;
  /** The API server did not take it. */
  failed: number;
}

/** An event that was recorded lately: once or often. */
interface Recent {
  stored: StoredEvent | undefined;
  writtenAt: number;
  /** Recorded and not in the API yet. */
  count: number;
}

interface Waiting {
  readonly event: ObjectEvent;
  readonly key: EventKey;
  readonly recent: Recent;
  readonly since: number;
}

/**
 * Tells the owners of objects what they must know, by Events of the local cluster. Best effort: nothing waits for it, every
 * store in it is bounded, and what fails is counted and forgotten.
 *
 * The same object, reason and message are one Event that is counted up, also over replicas and restarts. While the gate is
 * closed events wait for a while, so that what is found out before the first election is not lost.
 */
export class EventRecorder {
  readonly counts: EventCounts = { written: 0, repeated: 0, limited: 0, failed: 0 };
  readonly #options: EventRecorderOptions;
  readonly #limits: EventLimits;
  readonly #writer: EventWriter;
  readonly #recent: RecentMap<Recent>;
  readonly #objects: RecentMap<TokenBucket>;
  readonly #all: TokenBucket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #backoff: Backoff;
  #wake = Promise.withResolvers<void>();
  #healthy = true;

  constructor(api: LocalApi, options: EventRecorderOptions) {
    const { clock, random, source } = options;
    this.#options = options;
    this.#limits = { ...EVENT_LIMITS, ...options.limits };
    this.#writer = new EventWriter(api, clock, source);
    this.#recent = new RecentMap(this.#limits.remembered);
    this.#objects = new RecentMap(this.#limits.remembered);
    this.#all = new TokenBucket(this.#limits.burst, this.#limits.everyMs, clock.monotonic());
    this.#backoff = new Backoff({ firstMs: 1000, maxMs: 30_000, random });
  }

  /** Events that wait to be written. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Never throws, never blocks. @returns false where it is too much and was dropped */
  record(event: ObjectEvent): boolean {
    if (this.#options.dryRun) return true;
    const now = this.#options.clock.monotonic();
    this.#dropOld(now);
    const key = eventKey(event);
    const id = `${key.namespace}/${key.name}`;
    const waiting = this.#waiting.get(id);
    const known = waiting?.recent ?? this.#recent.get(id);
    const isFresh = waiting !== undefined || (known && now - known.writtenAt < this.#limits.repeatAfterMs);
    if (known && isFresh && event.isState !== true) {
      known.count++;
      this.counts.repeated++;
      return true;
    }
    if (this.#waiting.size >= this.#limits.queue || !(known || this.#bucketOf(event.object, now).take(now))) {
      this.counts.limited++;
      return false;
    }
    const recent = known ?? { stored: undefined, writtenAt: now, count: 0 };
    recent.count++;
    this.#recent.set(id, recent);
    // A state that waits already goes to the end.
    this.#waiting.delete(id);
    this.#waiting.set(id, { event, key, recent, since: now });
    this.#wake.resolve();
    return true;
  }

  /** Writes what was recorded, until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake.resolve();
    const leave = this.#options.gate.onChange(wake);
    signal.addEventListener('abort', wake, { once: true });
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      const pauseMs = await this.#step(signal);
      if (signal.aborted) break;
      if (pauseMs === undefined) await this.#wake.promise;
      else await this.#options.clock.sleep(pauseMs, signal).catch(() => {});
    }
    signal.removeEventListener('abort', wake);
    leave();
  }

  /** Writes one. @returns the pause before the next; undefined = until something happens. */
  async #step(signal: AbortSignal): Promise<number | undefined> {
    const now = this.#options.clock.monotonic();
    this.#dropOld(now);
    const budgetMs = this.#options.gate.budgetMs();
    for (const [id, waiting] of this.#waiting) {
      if (budgetMs === 0) return undefined;
      const waitMs = this.#all.waitMs(now);
      if (waitMs > 0) return waitMs;
      this.#all.take(now);
      return this.#write(id, waiting, { signal, timeoutMs: Math.min(budgetMs, this.#limits.timeoutMs) });
    }
    return undefined;
  }

  async #write(
    id: string,
    waiting: Waiting,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ): Promise<number> {
    const { event, key, recent } = waiting;
    const { count, stored } = recent;
    try {
      recent.stored = await this.#writer.write({ event, key, count, stored }, options);
    } catch (error) {
      return options.signal.aborted ? 0 : this.#failed(id, waiting, error);
    }
    // What was recorded meanwhile waits for its next turn: a state for its own, which comes.
    recent.count -= count;
    recent.writtenAt = this.#options.clock.monotonic();
    if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    this.counts.written++;
    this.#healthy = true;
    this.#backoff.reset();
    return 0;
  }

  /** @returns the pause */
  #failed(id: string, waiting: Waiting, error: unknown): number {
    const retryAfterMs = mayPass(error);
    if (retryAfterMs === undefined) {
      if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
      this.#recent.delete(id);
      this.counts.failed++;
    }
    if (this.#healthy && !isOfNamespace(error)) {
      this.#healthy = false;
      this.#options.onFailure(error instanceof Error ? error.message : String(error));
    }
    return retryAfterMs === undefined ? 0 : Math.max(retryAfterMs, this.#backoff.next());
  }

  #dropOld(now: number): void {
    for (const [id, { since }] of this.#waiting) {
      if (now - since <= this.#limits.maxAgeMs) return;
      this.#waiting.delete(id);
      this.#recent.delete(id);
      this.counts.limited++;
    }
  }

  #bucketOf(object: ObjectReference, now: number): TokenBucket {
    const { objectBurst, objectEveryMs } = this.#limits;
    const id = [object.kind, object.namespace, object.name, object.uid].join('\0');
    const bucket = this.#objects.get(id) ?? new TokenBucket(objectBurst, objectEveryMs, now);
    this.#objects.set(id, bucket);
    return bucket;
  }
}

/** Milliseconds to wait at least if the same may succeed later; undefined = it will not. */
function mayPass(error: unknown): number | undefined {
  if (error instanceof WriteError) {
    const passing =
      error.problem === 'throttled' || error.problem === 'failed' || error.problem === 'conflict';
    return passing ? (error.retryAfterMs ?? 0) : undefined;
  }
  if (error instanceof DatastoreError && error.reaction === 'retry') return error.retryAfterMs ?? 0;
  return undefined;
}

/** The namespace is gone or going: nobody is left to tell, and nothing is wrong. */
function isOfNamespace(error: unknown): boolean {
  return error instanceof WriteError && (error.problem === 'terminating' || error.problem === 'not-found');
}
