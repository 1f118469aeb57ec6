import type { IndexChange } from '../../contract/lister.ts';
import type { Entry } from '../../model/objects.ts';

/** Some 20 MB of what remote clusters sent, at the size of ordinary objects. */
const MAX_OBJECTS = 20_000;

/** A change of the index that becomes an event. */
export interface PendingChange {
  readonly change: IndexChange;
  /** Watchers know the object. */
  readonly isKnown: boolean;
  /** What they know of it. Of one that is known it can be missing where a listener of the index made a commit of its own. */
  readonly before: Entry | undefined;
}

/**
 * The changes since the last flush, by object: of several states of one object only the last is told. A deletion between two
 * states stays, as the object after it is another one. Bounded by the number of objects.
 */
export class ChangeWindow {
  /** By revision, and in their order: an object is known by the revision of its content. */
  #pending = new Map<number, PendingChange>();

  /** Whether it should be flushed. */
  get isFull(): boolean {
    return this.#pending.size >= MAX_OBJECTS;
  }

  /** Changes must come in order and with contents; `last` where it is from before the last `take`. */
  add(change: IndexChange): void {
    const { op, revision, replaces, last } = change;
    const overtaken = replaces === undefined ? undefined : this.#pending.get(replaces);
    if (replaces === undefined || overtaken === undefined) {
      this.#pending.set(revision, { change, isKnown: replaces !== undefined, before: last });
      return;
    }
    this.#pending.delete(replaces);
    const { isKnown, before } = overtaken;
    // Came and went: nobody needs to know.
    if (op === 'delete' && !isKnown) return;
    this.#pending.set(revision, { change, isKnown, before: op === 'delete' ? (before ?? last) : before });
  }

  /** What is to be told, in the order of revisions; the window is empty then. */
  take(): Iterable<PendingChange> {
    const pending = this.#pending;
    this.#pending = new Map();
    return pending.values();
  }
}
