import { FEED_PLURALS } from '../feed-resource.ts';
import type { FeedPlural } from '../feed-resource.ts';
import { EventBatch, eventSize } from './event-batch.ts';
import { EventRing } from './event-ring.ts';
import type { FeedEvent } from './feed-event.ts';

export interface HistoryLimits {
  /** Events that are kept of one collection. */
  readonly eventsPerCollection: number;
  /** Memory for all collections together, estimated. */
  readonly bytes: number;
}

/** A batch is encoded in one go, and written as one: some milliseconds, and a bounded number of bytes. */
const BATCH_EVENTS = 512;
const BATCH_BYTES = 1 << 20;

/** The recent events of all collections, within a bound. A collection that nobody reads has none: it sleeps. */
export class FeedHistory {
  readonly #limits: HistoryLimits;
  readonly #rings = new Map<FeedPlural, EventRing>(FEED_PLURALS.map((plural) => [plural, new EventRing()]));
  readonly #bytesOf = new Map<FeedPlural, number>();
  readonly #awake = new Set<FeedPlural>();
  #bytes = 0;
  #eventsTotal = 0;
  #encodedBytesTotal = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get events(): number {
    let events = 0;
    for (const { events: own } of this.#rings.values()) events += own;
    return events;
  }

  get eventsTotal(): number {
    return this.#eventsTotal;
  }

  get encodedBytesTotal(): number {
    return this.#encodedBytesTotal;
  }

  ring(resource: FeedPlural): EventRing {
    return this.#rings.get(resource) as EventRing;
  }

  isAwake(resource: FeedPlural): boolean {
    return this.#awake.has(resource);
  }

  get awake(): ReadonlySet<FeedPlural> {
    return this.#awake;
  }

  /** From this sequence on events are kept. */
  wake(resource: FeedPlural, sequence: number): void {
    this.#awake.add(resource);
    this.ring(resource).restart(sequence);
  }

  sleep(resource: FeedPlural): void {
    this.#awake.delete(resource);
    this.ring(resource).restart(0);
    this.#add(resource, -this.#size(resource));
  }

  /** Events in the order of their sequences, all above those before. */
  push(resource: FeedPlural, events: readonly FeedEvent[]): void {
    if (!this.isAwake(resource)) return;
    const ring = this.ring(resource);
    this.#eventsTotal += events.length;
    let from = 0;
    while (from < events.length) {
      const { to, bytes } = batchEnd(events, from);
      const number = ring.next;
      const batch = new EventBatch(events.slice(from, to), bytes, {
        encoded: (more) => {
          this.#encodedBytesTotal += more;
        },
        grown: (more) => {
          if (!ring.isDropped(number)) this.#add(resource, more);
        },
      });
      ring.push(batch);
      this.#add(resource, batch.bytes);
      from = to;
    }
    while (ring.events > this.#limits.eventsPerCollection) this.#dropFirst(resource);
  }

  /** Drops the oldest events of whichever collection takes most, until all fit. */
  trim(): void {
    while (this.#bytes > this.#limits.bytes) {
      let fattest: FeedPlural = 'workloadendpoints';
      for (const resource of this.#rings.keys()) {
        if (this.#size(resource) > this.#size(fattest)) fattest = resource;
      }
      if (!this.#dropFirst(fattest)) return;
    }
  }

  #dropFirst(resource: FeedPlural): boolean {
    const batch = this.ring(resource).dropFirst();
    if (batch === undefined) return false;
    this.#add(resource, -batch.bytes);
    return true;
  }

  #size(resource: FeedPlural): number {
    return this.#bytesOf.get(resource) ?? 0;
  }

  #add(resource: FeedPlural, bytes: number): void {
    this.#bytesOf.set(resource, this.#size(resource) + bytes);
    this.#bytes += bytes;
  }
}

/** Where the batch that starts at `from` ends, and the size of its events; it has at least one. */
function batchEnd(
  events: readonly FeedEvent[],
  from: number,
): { readonly to: number; readonly bytes: number } {
  let bytes = 0;
  let to = from;
  while (to < events.length && to - from < BATCH_EVENTS && bytes < BATCH_BYTES) {
    bytes += eventSize(events[to++] as FeedEvent);
  }
  return { to, bytes };
}
