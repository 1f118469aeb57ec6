import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { LocalCollection, LocalObserver } from '../../../contract/local-api.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import { ListAndWatch } from './list-and-watch.ts';
import type { LocalConnection } from './local-connection.ts';
import { retryDelay } from './retry-delay.ts';

/** An API server restarts within seconds mostly, and everything waits for it. */
const RETRY = { firstMs: 250, maxMs: 30_000, eager: { attempts: 20, maxMs: 2_000 } } as const;
/** A watch that lasted so long was a success, whatever ended it. */
const STEADY_MS = 10_000;
/** Failures in a row at one resume point that call for a fresh list. */
const MAX_FAILURES_PER_REVISION = 5;
/** So many times in a row what was granted before and is refused now is asked for again soon. */
const QUICK_REFUSALS = 4;

/**
 * Follows one collection of the local API for ever: list → watch, through every failure. A watch that breaks is resumed
 * where it was; a list comes again only where that cannot be done.
 */
export class Follower {
  readonly #connection: LocalConnection;
  readonly #collection: LocalCollection;
  readonly #observer: LocalObserver;
  readonly #reading: ListAndWatch;
  readonly #backoff: Backoff;
  #everListed = false;
  /** Since when the present watch is open, monotonic. */
  #openSince: number | undefined;
  /** Failures since something last went well. */
  #failures = 0;
  /** Resume points in a row that were gone, without a watch that lasted between them. */
  #expiries = 0;
  #refusals = 0;
  /** The observer was told of a failure, and of nothing better since. */
  #troubled = false;

  constructor(connection: LocalConnection, collection: LocalCollection, observer: LocalObserver) {
    this.#connection = connection;
    this.#collection = collection;
    this.#observer = observer;
    this.#backoff = new Backoff({ ...RETRY, random: connection.random });
    this.#reading = new ListAndWatch(collection, connection, {
      listed: (objects, revision) => {
        this.#everListed = true;
        this.#troubled = false;
        this.#refusals = 0;
        this.#observer.listed(objects, revision);
      },
      watching: () => this.#watching(),
      changed: (changes) => {
        this.#wentWell();
        if (changes.length > 0) this.#observer.changed(changes);
      },
    });
  }

  /** Resolves when the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#connection;
    while (!signal.aborted) {
      this.#openSince = undefined;
      try {
        await this.#reading.run(signal);
      } catch (error) {
        if (signal.aborted) return;
        const pause = this.#recover(this.#asDatastoreError(error));
        if (pause > 0) await clock.sleep(pause, signal).catch(() => {});
      }
    }
  }

  #watching(): void {
    this.#openSince = this.#connection.clock.monotonic();
    if (!this.#troubled) return;
    this.#troubled = false;
    this.#observer.changed([]);
  }

  #wentWell(): void {
    this.#failures = 0;
    this.#refusals = 0;
    this.#backoff.reset();
  }

  /** Returns the pause before the next attempt, in milliseconds. */
  #recover(error: DatastoreError): number {
    const { clock, random } = this.#connection;
    const wasOpen = this.#openSince !== undefined;
    if (this.#openSince !== undefined && clock.monotonic() - this.#openSince >= STEADY_MS) {
      this.#wentWell();
      this.#expiries = 0;
    }
    this.#failures++;
    // What a missing API means for the watch is the list's to find out.
    const expired = error.reaction === 'relist' || error.reason === 'NotFound';
    if (expired || this.#failures > MAX_FAILURES_PER_REVISION) this.#reading.forget();
    if (error.reaction === 'relist' && this.#expiries++ === 0) return 0;
    // A healthy watch that breaks is resumed almost at once, and only a second failure is news.
    if (wasOpen && this.#failures === 1) return random() * RETRY.firstMs;
    this.#troubled = true;
    this.#observer.failed(error.message);
    return this.#pause(error);
  }

  #pause(error: DatastoreError): number {
    const refused = error.reaction === 'forbidden' || error.reaction === 'unauthorized';
    this.#refusals = refused ? this.#refusals + 1 : 0;
    // An API server that starts refuses what it grants a moment later.
    if (refused && this.#everListed && this.#refusals <= QUICK_REFUSALS) return this.#backoff.next();
    return retryDelay(error, this.#backoff, this.#connection.random);
  }

  /** A defect, ours or the observer's, may have lost something: then all is told again. */
  #asDatastoreError(error: unknown): DatastoreError {
    if (error instanceof DatastoreError) return error;
    this.#reading.forget();
    const problem = error instanceof Error ? error.message : String(error);
    const message = `reading ${this.#collection.what} failed: ${problem}`;
    return new DatastoreError('retry', 'ProtocolError', message, { cause: error });
  }
}
