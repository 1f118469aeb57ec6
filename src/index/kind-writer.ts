import type { Entry, EntryKey } from '../model/objects.ts';

/** Writes the objects of one resource of one cluster. Marks are bits, one for each list under way. */
export interface KindWriter {
  /** False where the budget refuses it. `mark` is what a list under way takes off what it names; 0 = none. */
  put(entry: Entry, mark: number): boolean;
  remove(key: EntryKey): void;
  /** Takes the mark off what is known under `key`. */
  keep(key: EntryKey, mark: number): void;
  markAll(mark: number): void;
  unmarkAll(mark: number): void;
  /** Deletes what still has the mark. */
  sweep(mark: number): void;
  /** Deletes everything of this resource, until `stop` says so; false where that was before the end. */
  clear(stop: () => boolean): boolean;
}
