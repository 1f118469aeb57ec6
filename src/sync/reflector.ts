import { DatastoreError } from '../contract/datastore-error.ts';
import type { Datastore, Revision, StreamSink, WatchTail } from '../contract/datastore.ts';
import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';
import type { Resource } from '../model/kind.ts';
import type { StatusReason } from '../model/status.ts';
import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Gate } from '../runtime/gate.ts';
import { IdleDeadline } from '../runtime/idle-deadline.ts';
import type { Random } from '../runtime/random.ts';
import type { ResourceEvent } from './resource-phase.ts';

/** All times in milliseconds. */
export interface ReflectorTimings {
  /** A stream without any sign of life for this long is given up. */
  readonly idleMs: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** After `forbidden`: permissions change rarely, and asking fills the remote's audit log. */
  readonly forbiddenRetryMs: number;
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
  /** Caps how many lists run at once over all clusters: memory, and the load of a mass reconnect. */
  readonly lists: Gate;
}

/** Failures in a row at one resume point that call for a fresh list (Calico: MaxErrorsPerRevision). */
const MAX_FAILURES_PER_REVISION = 5;

/**
 * Keeps one resource of the index equal to its source: list → diff → watch → relist, for ever, through every failure.
 * Known objects survive connections; only a complete list deletes what it does not name.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #backoff: Backoff;
  /** Where the watch resumes; undefined = a list is due. */
  #revision: Revision | undefined;
  /** The newest revision ever seen: a later list must not be older. */
  #newest: Revision | undefined;
  #tail: WatchTail | undefined;
  #everListed = false;
  #failuresHere = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    const { firstRetryMs, maxRetryMs } = options.timings;
    this.#backoff = new Backoff({ firstMs: firstRetryMs, maxMs: maxRetryMs, random: options.random });
  }

  /** Runs until the signal aborts; then resolves. Never rejects for anything that the datastore does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const attempt: Attempt = { heard: false, startedAt: this.#options.clock.monotonic() };
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
    const { datastore, resource, store, observer, lists, clock } = this.#options;
    const leave = await lists.enter(signal);
    let objects = 0;
    try {
      observer.event('list', undefined);
      store.begin();
      const startedAt = clock.monotonic();
      const outcome = await this.#guarded(signal, (guarded, idle) =>
        datastore.list({
          resource,
          signal: guarded,
          notOlderThan: this.#newest,
          sink: this.#sink(attempt, idle, 'answered', (deltas) => {
            objects += deltas.length;
          }),
        }),
      );
      store.end();
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
      observer.listed({ objects, durationMs: clock.monotonic() - startedAt, first });
      observer.event('listed', undefined);
    } catch (error) {
      store.cancel();
      throw error;
    } finally {
      leave();
    }
  }

  async #watch(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { datastore, resource, clock, observer, timings } = this.#options;
    const tail = this.#tail;
    this.#tail = undefined;
    const before = this.#revision;
    await this.#guarded(signal, (guarded, idle) => {
      const sink = this.#sink(attempt, idle, 'contact', undefined);
      if (tail) return tail(sink, guarded);
      return datastore.watch({ resource, revision: this.#revision ?? '', sink, signal: guarded });
    });
    observer.event('ended', undefined);
    const short = clock.monotonic() - attempt.startedAt < timings.shortWatchMs;
    if (short && this.#revision === before) await this.#sleep(this.#backoff.next(), signal);
    else this.#backoff.reset();
  }

  /** Runs `work` under the idle deadline: a silent stream is aborted and becomes a Timeout. */
  async #guarded<T>(
    signal: AbortSignal,
    work: (guarded: AbortSignal, idle: IdleDeadline) => Promise<T>,
  ): Promise<T> {
    const { clock, timings } = this.#options;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const idle = new IdleDeadline(clock, timings.idleMs, () => controller.abort(idleError(timings.idleMs)));
    idle.start();
    try {
      return await work(controller.signal, idle);
    } catch (error) {
      // Whatever the adapter makes of an abort: the reason of ours is the truth.
      if (controller.signal.aborted && !signal.aborted) throw controller.signal.reason;
      throw error;
    } finally {
      idle.stop();
      signal.removeEventListener('abort', onAbort);
    }
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
    const watching = this.#revision !== undefined;
    const lived = this.#options.clock.monotonic() - attempt.startedAt;
    if (watching && attempt.heard && lived > this.#options.timings.shortWatchMs) this.#backoff.reset();
    if (failure.reaction === 'relist') return this.#relist(failure, signal);
    // A healthy watch that breaks is opened again at once, and only a second failure is news.
    if (watching && attempt.heard && this.#failuresHere === 0 && failure.reason !== 'Timeout') {
      this.#failuresHere = 1;
      this.#backoff.reset();
      this.#options.observer.event('ended', undefined);
      return this.#sleep(this.#options.random() * this.#options.timings.firstRetryMs, signal);
    }
    if (watching && ++this.#failuresHere > MAX_FAILURES_PER_REVISION && attempt.heard)
      this.#revision = undefined;
    const forbidden = failure.reaction === 'forbidden';
    const waitMs = this.#waitAfter(failure);
    this.#options.observer.event(forbidden ? 'forbidden' : 'failed', {
      reason: failure.reason,
      message: failure.message,
      attempt: this.#backoff.failures,
      retryInMs: waitMs,
    });
    return this.#sleep(waitMs, signal);
  }

  /** The first relist is immediate; a resume point that keeps expiring backs off. */
  #relist(failure: DatastoreError, signal: AbortSignal): Promise<void> {
    this.#revision = undefined;
    this.#tail = undefined;
    // A server that was restored from a backup never gets there again: do not insist for ever.
    if (failure.reason === 'ClusterReplaced' || this.#backoff.failures >= 3) this.#newest = undefined;
    this.#options.observer.event('expired', undefined);
    const waitMs = this.#backoff.failures === 0 ? 0 : this.#backoff.next();
    if (waitMs === 0) this.#backoff.next();
    return this.#sleep(Math.max(waitMs, failure.retryAfterMs ?? 0), signal);
  }

  #waitAfter(failure: DatastoreError): number {
    const { forbiddenRetryMs } = this.#options.timings;
    const step = this.#backoff.next();
    const slow = failure.reaction === 'forbidden' || failure.reaction === 'config';
    return Math.max(slow ? this.#jittered(forbiddenRetryMs) : step, failure.retryAfterMs ?? 0);
  }

  #jittered(ms: number): number {
    return ms / 2 + (this.#options.random() * ms) / 2;
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
  heard: boolean;
  readonly startedAt: number;
}

function idleError(idleMs: number): DatastoreError {
  return new DatastoreError('retry', 'Timeout', `no sign of life for ${Math.round(idleMs / 1000)} s`);
}

/** Anything else than a DatastoreError is a defect of an adapter: retried like a server error, and named. */
function asDatastoreError(error: unknown): DatastoreError {
  if (error instanceof DatastoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DatastoreError('retry', 'ProtocolError', `unexpected error: ${message}`, { cause: error });
}
