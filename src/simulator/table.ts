/** What a table holds: immutable; a change puts another item in its place. */
export interface Item {
  /** Sorted by it, in UTF-16 code-unit order; the simulator's keys are ASCII. */
  readonly key: string;
  readonly revision: number;
}

/** One change of one key. Without `item` it is a delete, without `previous` a creation. */
export interface Change<T extends Item> {
  readonly revision: number;
  readonly key: string;
  readonly item: T | undefined;
  readonly previous: T | undefined;
}

/** Why a revision cannot be served. */
export type RevisionProblem = 'compacted' | 'future';

/**
 * A sorted collection with a bounded log of its changes: readers get the state at any revision that the log still
 * reaches, watchers follow the log by sequence number, so that a slow one costs nothing.
 */
export class Table<T extends Item> {
  #items: T[] = [];
  readonly #byKey = new Map<string, T>();
  /** True once `#items` was handed out: the next change copies it first. */
  #shared = false;
  #log: Change<T>[] = [];
  /** Index in `#log` of the oldest change that is kept, and its sequence number. */
  #head = 0;
  #firstSequence = 0;
  #floor = 0;
  #snapshot: { readonly revision: number; readonly items: readonly T[] } | undefined;
  readonly #logLimit: number;
  readonly #listeners = new Set<() => void>();

  constructor(logLimit: number) {
    this.#logLimit = logLimit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Changes before this revision are forgotten; reads and watches may start at it or later. */
  get floor(): number {
    return this.#floor;
  }

  /** The sequence number that the next change will get. */
  get endSequence(): number {
    return this.#firstSequence + this.#log.length - this.#head;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  /** All items in order, as they are now; a later change does not alter the array. */
  all(): readonly T[] {
    this.#shared = true;
    return this.#items;
  }

  /** Fills an empty table without leaving a log. */
  load(items: readonly T[], revision: number): void {
    this.#items = items.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (const item of this.#items) this.#byKey.set(item.key, item);
    this.#floor = revision;
  }

  put(item: T): void {
    const previous = this.#byKey.get(item.key);
    const at = this.indexOf(item.key);
    const items = this.#writable();
    if (previous === undefined) items.splice(at, 0, item);
    else items[at] = item;
    this.#byKey.set(item.key, item);
    this.#append({ revision: item.revision, key: item.key, item, previous });
  }

  /** Does nothing where the key is absent. */
  delete(key: string, revision: number): void {
    const previous = this.#byKey.get(key);
    if (previous === undefined) return;
    this.#writable().splice(this.indexOf(key), 1);
    this.#byKey.delete(key);
    this.#append({ revision, key, item: undefined, previous });
  }

  /** The state at `revision`, in order. */
  at(revision: number, current: number): readonly T[] | RevisionProblem {
    if (revision > current) return 'future';
    if (revision < this.#floor) return 'compacted';
    const newest = this.#log.at(-1);
    if (newest === undefined || newest.revision <= revision) return this.all();
    if (this.#snapshot?.revision !== revision) {
      this.#snapshot = { revision, items: this.#rewind(revision) };
    }
    return this.#snapshot.items;
  }

  /** The sequence number of the first change at or after `revision`; undefined where the log no longer reaches it. */
  sequenceFrom(revision: number): number | undefined {
    if (revision < this.#floor) return undefined;
    let low = this.#head;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.revision ?? 0) < revision) low = middle + 1;
      else high = middle;
    }
    return this.#firstSequence + low - this.#head;
  }

  /** Whether changes from this sequence number on are all still there. */
  reaches(sequence: number): boolean {
    return sequence >= this.#firstSequence;
  }

  /** The change with that number; undefined where it is not there yet or no longer. */
  change(sequence: number): Change<T> | undefined {
    if (sequence < this.#firstSequence) return undefined;
    return this.#log[this.#head + sequence - this.#firstSequence];
  }

  /** Forgets every change before `revision`. */
  compact(revision: number): void {
    this.#floor = Math.max(this.#floor, revision);
    while ((this.#log[this.#head]?.revision ?? revision) < revision) this.#dropOldest();
    this.#snapshot = undefined;
    this.#trim(0);
  }

  /** `run` is called by `notify` until the returned function is called. */
  subscribe(run: () => void): () => void {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  notify(): void {
    for (const run of this.#listeners) run();
  }

  /** Where `key` is in `all()`, or would be. */
  indexOf(key: string): number {
    return lowerBound(this.#items, key);
  }

  #writable(): T[] {
    if (this.#shared) {
      this.#items = this.#items.slice();
      this.#shared = false;
    }
    return this.#items;
  }

  #append(change: Change<T>): void {
    this.#log.push(change);
    while (this.#log.length - this.#head > this.#logLimit) {
      const dropped = this.#log[this.#head];
      this.#dropOldest();
      if (dropped) this.#floor = Math.max(this.#floor, dropped.revision + 1);
    }
    this.#trim(1024);
  }

  #dropOldest(): void {
    this.#head++;
    this.#firstSequence++;
  }

  /** The dropped part is cut off now and then, not at every change. */
  #trim(atLeast: number): void {
    if (this.#head === 0 || this.#head < atLeast || this.#head < this.#log.length / 2) return;
    this.#log = this.#log.slice(this.#head);
    this.#head = 0;
  }

  /** Undoes what came after `revision`: of each key the first change after it says what was there. */
  #rewind(revision: number): T[] {
    const before = new Map<string, T | undefined>();
    for (let i = this.#log.length - 1; i >= this.#head; i--) {
      const change = this.#log[i];
      if (change === undefined || change.revision <= revision) break;
      before.set(change.key, change.previous);
    }
    const kept = this.#items.filter((item) => !before.has(item.key));
    const restored = [...before.values()].filter((item) => item !== undefined);
    return [...kept, ...restored].sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

/** The index of the first item whose key is not below `key`. */
export function lowerBound(items: readonly Item[], key: string): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
