import type { FeedFailure, Watch, WatchEnd, WatchSink } from '../feed-store.ts';
import type { EventBatch, Variant } from './event-batch.ts';
import type { Cursor, EventRing } from './event-ring.ts';
import { tooOld } from './feed-failure.ts';
import type { Narrowing } from './narrowing.ts';
import type { ObjectSource } from './object-source.ts';

/** Objects of a snapshot that are written in one step, and bytes beyond which no further one is. */
const SLICE = 128;
const SLICE_BYTES = 256 << 10;
const BOOKMARK_MS = 60_000;

/** What a watch shows, and how. */
export interface WatchPlan {
  readonly variant: Variant;
  readonly narrowing: Narrowing;
  readonly ring: EventRing;
  readonly start: WatchBeginning;
  readonly bookmarks: boolean;
  /** When it ends by itself, monotonic. */
  readonly deadline: number;
}

export type WatchBeginning =
  | { readonly kind: 'live'; readonly cursor: Cursor }
  | {
      readonly kind: 'initial';
      /** Events after the snapshot. */
      readonly cursor: Cursor;
      readonly source: ObjectSource;
      readonly release: () => void;
      readonly isMarked: boolean;
    }
  | { readonly kind: 'failed'; readonly failure: FeedFailure };

export interface WatchSurroundings {
  /** Asks for `step` soon. */
  readonly schedule: (run: WatchRun) => void;
  /** It is over, for this reason; undefined = the consumer left. */
  readonly onEnd: (run: WatchRun, why: WatchEnd | undefined) => void;
  /** `FeedJournal.border`. */
  readonly border: () => number;
  /** `FeedRevisions.text`. */
  readonly version: (sequence: number) => string;
  /** How long a consumer that is too slow has to read its last words. */
  readonly graceMs: number;
}

/**
 * One watch: a cursor and a sink. It keeps nothing of what it still has to tell: if the sink is full, it stays where it is, and
 * if the history is dropped meanwhile, it ends.
 */
export class WatchRun implements Watch {
  readonly state = 'ok';
  readonly plan: WatchPlan;
  readonly #around: WatchSurroundings;
  readonly #sink: WatchSink;
  #phase: 'initial' | 'live' | 'ended';
  #position = 0;
  #cursor: Cursor;
  /** The sequence up to which everything is told. */
  #seen: number;
  #isFull = false;
  #isBookmarkDue = false;
  /** Monotonic. */
  #bookmarkAt: number;
  /** Of its last words: it is cut off when this is over, monotonic. */
  #graceUntil: number | undefined;
  #isRemoved = false;

  constructor(plan: WatchPlan, sink: WatchSink, around: WatchSurroundings, now: number) {
    this.plan = plan;
    this.#sink = sink;
    this.#around = around;
    this.#phase = plan.start.kind === 'initial' ? 'initial' : 'live';
    this.#cursor = plan.start.kind === 'failed' ? plan.ring.end : plan.start.cursor;
    this.#seen = plan.start.kind === 'initial' ? plan.start.source.sequence : this.#cursor.after;
    this.#bookmarkAt = now + BOOKMARK_MS;
  }

  resume(): void {
    if (this.#phase === 'ended') return;
    this.#isFull = false;
    this.#around.schedule(this);
  }

  close(): void {
    this.#finish(undefined);
  }

  end(why: WatchEnd): void {
    this.#finish(why);
  }

  /** Its cluster is gone: it ends when it has told everything. */
  remove(now: number): void {
    this.#isRemoved = true;
    this.#graceUntil = now + this.#around.graceMs;
    this.#around.schedule(this);
  }

  /** Writes one batch or slice. True: there is more. */
  step(): boolean {
    if (this.#phase === 'ended' || this.#isFull) return false;
    const { start, ring } = this.plan;
    if (start.kind === 'failed') return this.#fail(start.failure, 'expired');
    if (ring.isDropped(this.#cursor.batch)) return this.#fallBehind('expired');
    return this.#phase === 'initial' ? this.#stepInitial(start) : this.#stepLive();
  }

  /** What is due by time. To be called a few times a second. */
  tick(now: number): void {
    if (this.#phase === 'ended') return;
    if (now >= this.plan.deadline) {
      this.#timeOut();
    } else if (this.plan.ring.isDropped(this.#cursor.batch)) {
      this.#waitBehind(now);
    } else if (this.#isRemoved && this.#isFull && now >= (this.#graceUntil ?? 0)) {
      this.#finish('slow');
    } else if (now >= this.#bookmarkAt) {
      this.#bookmarkAt = now + BOOKMARK_MS;
      this.#isBookmarkDue = this.plan.bookmarks;
      this.#around.schedule(this);
    }
  }

  #stepInitial(start: WatchBeginning): boolean {
    if (start.kind !== 'initial') return false;
    const { encoder } = this.plan.variant;
    const { source } = start;
    const parts: Buffer[] = [];
    let bytes = 0;
    for (const object of source.read(this.#position, SLICE)) {
      this.#position++;
      if (!this.plan.narrowing.shows(object)) continue;
      const part = encoder.event('ADDED', object);
      parts.push(part);
      bytes += part.length;
      if (bytes >= SLICE_BYTES) break;
    }
    const isLast = this.#position >= source.size;
    if (isLast) {
      start.release();
      this.#phase = 'live';
      if (start.isMarked) parts.push(encoder.bookmark(this.#around.version(source.sequence), true));
    }
    this.#write(parts);
    return !this.#isFull;
  }

  #stepLive(): boolean {
    const batch = this.plan.ring.at(this.#cursor.batch);
    if (batch === undefined) return this.#rest();
    const { after } = this.#cursor;
    this.#cursor = { batch: this.#cursor.batch + 1, after };
    this.#seen = batch.last;
    this.#deliver(batch, after);
    return !this.#isFull;
  }

  #deliver(batch: EventBatch, after: number): void {
    const { variant, narrowing } = this.plan;
    const encoded = batch.encoded(variant);
    if (encoded === undefined) return;
    const { events } = encoded;
    let from = 0;
    if (batch.first <= after) {
      while (from < events.length && (events[from]?.object.sequence ?? 0) <= after) from++;
    }
    if (from === events.length) return;
    if (narrowing.isAll) {
      this.#write([encoded.from(from)]);
      return;
    }
    const parts: Buffer[] = [];
    for (let i = from; i < events.length; i++) {
      const event = events[i];
      const narrowed = event && narrowing.narrow(event);
      if (narrowed === undefined) continue;
      const isShared = narrowed === event;
      parts.push(isShared ? encoded.one(i) : variant.encoder.event(narrowed.type, narrowed.object));
    }
    this.#write(parts);
  }

  /** Everything is told. */
  #rest(): boolean {
    if (this.#isRemoved) this.#finish('removed');
    if (this.#isRemoved || !this.#isBookmarkDue) return false;
    const sequence = this.#around.border();
    // What was committed a moment ago is an event now, and comes first.
    if (this.plan.ring.at(this.#cursor.batch) !== undefined) return true;
    this.#isBookmarkDue = false;
    this.#write([this.plan.variant.encoder.bookmark(this.#around.version(sequence), false)]);
    return false;
  }

  #timeOut(): void {
    // A little more, so that the consumer comes back to where it was.
    this.#isBookmarkDue = this.plan.bookmarks && this.#phase === 'live';
    for (let steps = 0; steps < 8 && this.step(); steps++);
    this.#finish('timeout');
  }

  #waitBehind(now: number): void {
    if (!this.#isFull) {
      this.#fallBehind('expired');
    } else if (this.#graceUntil === undefined) {
      this.#graceUntil = now + this.#around.graceMs;
    } else if (now >= this.#graceUntil) {
      this.#fallBehind('slow');
    }
  }

  #fallBehind(why: 'expired' | 'slow'): false {
    const { ring } = this.plan;
    const { version } = this.#around;
    return this.#fail(tooOld(version(this.#seen), version(ring.oldest)), why);
  }

  #fail(failure: FeedFailure, why: 'expired' | 'slow'): false {
    this.#write([this.plan.variant.encoder.failure(failure)]);
    this.#finish(why);
    return false;
  }

  #write(parts: readonly Buffer[]): void {
    const [first] = parts;
    if (first === undefined || this.#phase === 'ended') return;
    if (!this.#sink.write(parts.length === 1 ? first : Buffer.concat(parts))) this.#isFull = true;
  }

  #finish(why: WatchEnd | undefined): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    if (this.plan.start.kind === 'initial') this.plan.start.release();
    this.#around.onEnd(this, why);
    if (why !== undefined) this.#sink.end(why);
  }
}
