import type { DatastoreError } from '../contract/datastore-error.ts';
import type { Datastore, Revision, StreamSink, WatchTail } from '../contract/datastore.ts';
import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';
import type { Resource } from '../model/kind.ts';
import type { StatusReason } from '../model/status.ts';
import type { Clock } from '../runtime/clock.ts';
import type { IdleDeadline } from '../runtime/idle-deadline.ts';
import type { Random } from '../runtime/random.ts';
import { asDatastoreError } from './as-datastore-error.ts';
import type { ListPlaces } from './list-places.ts';
import type { ResourceEvent } from './resource-phase.ts';
import { RetrySchedule, type RetryTimings } from './retry-schedule.ts';
import { underDeadlines } from './stream-deadlines.ts';

/** All times in milliseconds. */
export interface ReflectorTimings extends RetryTimings {
  /** A stream without any sign of life for this long is given up. */
  readonly idleMs: number;
  /** A watch that ends sooner counts as a failure of the attempt, so that a broken server is not hammered. */
  readonly shortWatchMs: number;
}

export interface ReflectorFailure {
  readonly reason: StatusReason;
  readonly message: string;
  readonly attempt: number;
  readonly retryInMs: number;
}

/** What a reflector tells its session. */
export interface ReflectorObserver {
  event(event: ResourceEvent, failure: ReflectorFailure | undefined): void;
  contact(): void;
  listed(list: { readonly objects: number; readonly durationMs: number; readonly first: boolean }): void;
  note(note: string | undefined): void;
}

export interface ReflectorOptions {
  readonly datastore: Datastore;
  readonly resource: Resource;
  readonly store: ResourceStore;
  readonly observer: ReflectorObserver;
  readonly timings: ReflectorTimings;
  readonly clock: Clock;
  readonly random: Random;
  /** Caps how many lists run at once over all clusters: memory, and the load of a mass reconnect. Of one datastore all share its places. */
  readonly lists: ListPlaces;
  /** Waits after a failed attempt; may be over sooner, when the datastore is known to answer again. */
  readonly sleepWhileLost?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * A watch that was healthy for so long did not fail because of its resume point: that it breaks is no news, however
 * often (load balancers cut connections, and an idle cluster has no new revisions).
 */
const STEADY_WATCH_MS = 10_000;

/**
 * A list that takes longer gives its place to the next: what answers slowly, or never, must not hold up the lists of
 * other clusters.
 */
const LIST_PLACE_MS = 10_000;
/** The same while nothing of the answer is there. */
const SILENT_LIST_PLACE_MS = 1_000;

/** Failures in a row at one resume point that call for a fresh list (Calico: MaxErrorsPerRevision). */
const MAX_FAILURES_PER_REVISION = 5;

/**
 * Keeps one resource of the index equal to its source: list → diff → watch → relist, for ever, through every failure.
 * Known objects survive connections; only a complete list deletes what it does not name.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #retries: RetrySchedule;
  /** Where the watch resumes; undefined = a list is due. */
  #revision: Revision | undefined;
  /** The newest revision ever seen: a later list must not be older. */
  #newest: Revision | undefined;
  #tail: WatchTail | undefined;
  #everListed = false;
  #failuresHere = 0;
  /** The last list failed before there was any data: the next one may well hang too. */
  #unanswered = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#retries = new RetrySchedule(options.timings, options.random);
  }

  /** Runs until the signal aborts; then resolves. Never rejects for anything that the datastore does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const attempt: Attempt = { heard: false, delivered: false, startedAt: this.#options.clock.monotonic() };
      try {
        if (this.#revision === undefined) await this.#list(attempt, signal);
        else await this.#watch(attempt, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, attempt, signal);
      }
    }
  }

  async #list(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { datastore, resource, store, observer, lists, clock, timings } = this.#options;
    const leave = await lists.enter(signal, this.#unanswered);
    const cancelPatience = this.#limitPlace(attempt, leave);
    let objects = 0;
    let failed = false;
    try {
      observer.event('list', undefined);
      store.begin();
      const startedAt = clock.monotonic();
      const outcome = await underDeadlines(
        { clock, idleMs: timings.idleMs, signal },
        (guarded, { idle, stall }) => {
          stall.start();
          return datastore.list({
            resource,
            signal: guarded,
            notOlderThan: this.#newest,
            sink: this.#sink(attempt, idle, 'answered', (deltas) => {
              stall.touch();
              lists.answered();
              objects += deltas.length;
            }),
          });
        },
      );
      store.end();
      lists.answered();
      const first = !this.#everListed;
      this.#everListed = true;
      observer.note(outcome.note);
      if (outcome.absent) {
        observer.event('absent', undefined);
        leave();
        await this.#sleep(outcome.absent.retryAfterMs, signal);
        return;
      }
      this.#revision = this.#newest = outcome.revision;
      this.#tail = outcome.tail;
      this.#failuresHere = 0;
      this.#retries.listed();
      observer.listed({ objects, durationMs: clock.monotonic() - startedAt, first });
      observer.event('listed', undefined);
    } catch (error) {
      failed = true;
      store.cancel();
      throw error;
    } finally {
      cancelPatience();
      leave();
      this.#unanswered = failed && !attempt.delivered;
    }
  }

  /** Gives the place among the lists back early where the list is slow; returns the way to cancel that. */
  #limitPlace(attempt: Attempt, leave: () => void): () => void {
    const { clock, lists } = this.#options;
    let cancel = clock.after(SILENT_LIST_PLACE_MS, () => {
      if (attempt.delivered) {
        cancel = clock.after(LIST_PLACE_MS - SILENT_LIST_PLACE_MS, leave);
        return;
      }
      lists.silent();
      leave();
    });
    return () => cancel();
  }

  async #watch(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { datastore, resource, clock, observer, timings } = this.#options;
    const tail = this.#tail;
    this.#tail = undefined;
    const before = this.#revision;
    await underDeadlines({ clock, idleMs: timings.idleMs, signal }, (guarded, { idle }) => {
      const sink = this.#sink(attempt, idle, 'contact', undefined);
      if (tail) return tail(sink, guarded);
      return datastore.watch({ resource, revision: this.#revision ?? '', sink, signal: guarded });
    });
    observer.event('ended', undefined);
    const short = clock.monotonic() - attempt.startedAt < timings.shortWatchMs;
    if (short && this.#revision === before) await this.#sleep(this.#retries.afterShortWatch(), signal);
    else this.#retries.lasted();
  }

  #sink(
    attempt: Attempt,
    idle: IdleDeadline,
    event: 'answered' | 'contact',
    onApply: ((deltas: readonly Delta[]) => void) | undefined,
  ): StreamSink {
    const { store, observer } = this.#options;
    const heard = (): void => {
      idle.touch();
      observer.contact();
      if (attempt.heard) return;
      attempt.heard = true;
      observer.event(event, undefined);
    };
    return {
      apply: (deltas) => {
        heard();
        attempt.delivered = true;
        onApply?.(deltas);
        store.apply(deltas);
      },
      progress: (revision) => {
        heard();
        if (event === 'answered') return;
        if (revision !== this.#revision) this.#failuresHere = 0;
        this.#revision = this.#newest = revision;
      },
      contact: heard,
    };
  }

  async #recover(error: unknown, attempt: Attempt, signal: AbortSignal): Promise<void> {
    const failure = asDatastoreError(error);
    const answeredWatch = this.#revision !== undefined && attempt.heard;
    if (answeredWatch) this.#credit(this.#options.clock.monotonic() - attempt.startedAt);
    if (failure.reaction === 'relist') return this.#relist(failure, signal);
    // A healthy watch that breaks is opened again at once, and only a second failure is news.
    if (answeredWatch && this.#failuresHere === 0 && failure.reason !== 'Timeout') {
      this.#failuresHere = 1;
      this.#options.observer.event('ended', undefined);
      return this.#sleep(this.#retries.afterCut(), signal);
    }
    if (this.#revision !== undefined && ++this.#failuresHere > MAX_FAILURES_PER_REVISION && attempt.heard)
      this.#revision = undefined;
    return this.#retry(failure, signal);
  }

  /** What a watch that was answered, and lasted for `lived`, makes good. */
  #credit(lived: number): void {
    if (lived > this.#options.timings.shortWatchMs) this.#retries.lasted();
    if (lived >= STEADY_WATCH_MS) this.#failuresHere = 0;
  }

  #retry(failure: DatastoreError, signal: AbortSignal): Promise<void> {
    const { reaction, reason, message, retryAfterMs } = failure;
    const retryInMs = this.#retries.afterFailure(failure, this.#everListed);
    const attempt = this.#retries.attempts;
    const event = reaction === 'forbidden' ? 'forbidden' : 'failed';
    this.#options.observer.event(event, { reason, message, attempt, retryInMs });
    const asItSays = reaction !== 'retry' || retryAfterMs !== undefined;
    return asItSays ? this.#sleep(retryInMs, signal) : this.#sleepWhileLost(retryInMs, signal);
  }

  async #sleepWhileLost(ms: number, signal: AbortSignal): Promise<void> {
    const { sleepWhileLost } = this.#options;
    if (!sleepWhileLost) return this.#sleep(ms, signal);
    try {
      await sleepWhileLost(ms, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #relist(failure: DatastoreError, signal: AbortSignal): Promise<void> {
    this.#revision = undefined;
    this.#tail = undefined;
    if (failure.reason === 'ClusterReplaced' || this.#retries.hopeless) this.#newest = undefined;
    this.#options.observer.event('expired', undefined);
    return this.#sleep(this.#retries.afterExpiry(failure), signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    try {
      await this.#options.clock.sleep(ms, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

interface Attempt {
  /** There was a sign of life. */
  heard: boolean;
  /** There was data. */
  delivered: boolean;
  readonly startedAt: number;
}
