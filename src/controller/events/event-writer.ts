import { DatastoreError } from '../../contract/datastore-error.ts';
import { type LocalApi, WriteError, type WriteOptions } from '../../contract/local-api.ts';
import { withDeadline } from '../../runtime/abortable.ts';
import type { Clock } from '../../runtime/clock.ts';
import {
  type EventKey,
  type EventSource,
  type StoredEvent,
  eventCollectionPath,
  eventPath,
  newEvent,
  repeatedEvent,
  storedEvent,
} from './event-json.ts';
import type { ObjectEvent } from './object-event.ts';

/** So often in a row it turns out that the Event in the API is another than was known. */
const MAX_ROUNDS = 3;

/** Some repetitions of one event, to be written in one request. */
export interface EventWrite {
  readonly event: ObjectEvent;
  readonly key: EventKey;
  readonly count: number;
  /** The Event as the API is known to hold it. */
  readonly stored: StoredEvent | undefined;
}

/** Writes one Event: creates it, or counts up the one that is there, whoever made it. */
export class EventWriter {
  readonly #api: LocalApi;
  readonly #clock: Clock;
  readonly #source: EventSource;

  constructor(api: LocalApi, clock: Clock, source: EventSource) {
    this.#api = api;
    this.#clock = clock;
    this.#source = source;
  }

  /** @returns the Event as the API holds it now. Rejects with WriteError or DatastoreError. */
  async write(write: EventWrite, options: WriteOptions): Promise<StoredEvent> {
    let { stored } = write;
    for (let round = 1; ; round++) {
      try {
        return await this.#once({ ...write, stored }, options);
      } catch (error) {
        if (round === MAX_ROUNDS || !isOutdated(error, stored !== undefined)) throw error;
        // Another replica or an earlier run of ours wrote it, or it has expired (the API server keeps Events for an hour).
        stored = await this.#read(write.key, options);
      }
    }
  }

  async #once({ event, key, count, stored }: EventWrite, options: WriteOptions): Promise<StoredEvent> {
    const now = this.#clock.now();
    const accepted = stored
      ? this.#api.merge(eventPath(key), repeatedEvent(stored, count, now), options)
      : this.#api.create(eventCollectionPath(key), newEvent(event, this.#source, count, now), options);
    return storedEvent(await accepted);
  }

  async #read(key: EventKey, { signal, timeoutMs }: WriteOptions): Promise<StoredEvent | undefined> {
    const exceeded = (): Error =>
      new DatastoreError(
        'retry',
        'Timeout',
        `get Event ${key.namespace}/${key.name}: no answer in ${timeoutMs} ms`,
      );
    const deadline = { clock: this.#clock, ms: timeoutMs, exceeded };
    const found = await withDeadline(deadline, signal, (limited) => this.#api.get(eventPath(key), limited));
    return found && storedEvent(found);
  }
}

/** @param wasStored the write was to an Event that was known: one that is not there is no missing namespace. */
function isOutdated(error: unknown, wasStored: boolean): boolean {
  if (!(error instanceof WriteError)) return false;
  const { problem } = error;
  return problem === 'exists' || problem === 'conflict' || (problem === 'not-found' && wasStored);
}
