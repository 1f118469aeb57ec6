import type { IndexChange } from '../../contract/lister.ts';
import type { Entry } from '../../model/objects.ts';

const MAX_OBJECTS = 4000;
/** Those that were overtaken included. */
const MAX_CHANGES = 100_000;

/** A change of the index that becomes an event. The content of a `put` is read when the window ends. */
export interface PendingChange {
  readonly change: IndexChange;
  /** What watchers know of the object; undefined = nothing, it is new to them. */
  readonly before: Entry | undefined;
}

/**
 * The changes since the last flush, by object: of several states of one object only the last is told. A deletion between two
 * states stays, as the object after it is another one. Bounded by the number of objects.
 */
export class ChangeWindow {
  /** In the order of revisions, with holes where something later overtook. */
  #log: (PendingChange | undefined)[] = [];
  readonly #last = new Map<string, number>();

  /** Whether it should be flushed: reading the contents takes some milliseconds then. */
  get isFull(): boolean {
    return this.#last.size >= MAX_OBJECTS || this.#log.length >= MAX_CHANGES;
  }

  /** Changes must come in order and with `last`. */
  add(change: IndexChange): void {
    const key = `${change.kind}\0${change.cluster}\0${change.namespace}\0${change.name}`;
    const at = this.#last.get(key);
    const known = at === undefined ? undefined : this.#log[at];
    let before = change.last;
    if (at !== undefined && known?.change.op === 'put') {
      before = known.before;
      this.#log[at] = undefined;
      // Came and went: nobody needs to know.
      if (change.op === 'delete' && before === undefined) return;
    }
    this.#last.set(key, this.#log.length);
    this.#log.push({ change, before });
  }

  /** What is to be told, in the order of revisions; the window is empty then. */
  take(): PendingChange[] {
    const changes: PendingChange[] = [];
    for (const change of this.#log) if (change !== undefined) changes.push(change);
    this.#log = [];
    this.#last.clear();
    return changes;
  }
}
