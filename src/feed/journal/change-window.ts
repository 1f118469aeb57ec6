import type { IndexChange } from '../../contract/lister.ts';
import type { Entry } from '../../model/objects.ts';
import { changeSize } from './content-size.ts';

const MAX_OBJECTS = 20_000;

/** A change of the index that becomes an event. */
export interface PendingChange {
  readonly change: IndexChange;
  /** Watchers know the object. */
  readonly isKnown: boolean;
  /** What they know of it. Of one that is known it can be missing where a listener of the index made a commit of its own. */
  readonly before: Entry | undefined;
  /** Estimated memory. */
  readonly bytes: number;
}

/**
 * The changes since the last flush, by object: of several states of one object only the last is told. A deletion between two
 * states stays, as the object after it is another one. Bounded by the number of objects and their size.
 */
export class ChangeWindow {
  /** By revision, and in their order: an object is known by the revision of its content. */
  #pending = new Map<number, PendingChange>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** It is full when it holds so much. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Estimated memory of what is pending. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it should be flushed. */
  get isFull(): boolean {
    return this.#pending.size >= MAX_OBJECTS || this.#bytes >= this.#maxBytes;
  }

  /** Changes must come in order and with contents; `last` where it is from before the last `take`. */
  add(change: IndexChange): void {
    const { op, replaces, last } = change;
    const overtaken = replaces === undefined ? undefined : this.#pending.get(replaces);
    if (replaces === undefined || overtaken === undefined) {
      this.#add(change, replaces !== undefined, last);
      return;
    }
    this.#pending.delete(replaces);
    this.#bytes -= overtaken.bytes;
    const { isKnown, before } = overtaken;
    // Came and went: nobody needs to know.
    if (op === 'delete' && !isKnown) return;
    this.#add(change, isKnown, op === 'delete' ? (before ?? last) : before);
  }

  /** What is to be told, in the order of revisions; the window is empty then. */
  take(): Iterable<PendingChange> {
    const pending = this.#pending;
    this.#pending = new Map();
    this.#bytes = 0;
    return pending.values();
  }

  #add(change: IndexChange, isKnown: boolean, before: Entry | undefined): void {
    const content = change.content ?? before;
    const bytes = content === undefined ? 0 : changeSize(content, isKnown);
    this.#pending.set(change.revision, { change, isKnown, before, bytes });
    this.#bytes += bytes;
  }
}
