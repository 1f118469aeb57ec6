import { HashIndex, NONE } from './hash-index.ts';

/** How a StructTable compares and keeps its values. */
export interface Structure<T> {
  hash(value: T): number;
  same(a: T, b: T): boolean;
  /** A value of our own to keep, with what it shares acquired. */
  keep(value: T): T;
  /** Gives back what `keep` acquired. */
  drop(kept: T): void;
}

/** Small structures as numbers, counted as in InternTable. Id 0 is the empty value and is never freed. */
export class StructTable<T> {
  readonly #structure: Structure<T>;
  readonly #values: (T | undefined)[];
  readonly #references: number[] = [0];
  readonly #free: number[] = [];
  readonly #index = new HashIndex();
  readonly #empty: T;

  constructor(empty: T, structure: Structure<T>) {
    this.#empty = empty;
    this.#values = [empty];
    this.#structure = structure;
  }

  get size(): number {
    return this.#index.size;
  }

  get bytes(): number {
    return this.#index.bytes + this.size * 120;
  }

  acquire(value: T): number {
    if (this.#structure.same(value, this.#empty)) return 0;
    const hash = this.#structure.hash(value);
    for (let id = this.#index.first(hash); id !== NONE; id = this.#index.next()) {
      if (this.#structure.same(this.value(id), value)) {
        this.#references[id] = (this.#references[id] as number) + 1;
        return id;
      }
    }
    const id = this.#free.pop() ?? this.#values.length;
    this.#values[id] = this.#structure.keep(value);
    this.#references[id] = 1;
    this.#index.add(hash, id);
    return id;
  }

  /** Gives back one reference; true where it was the last. */
  release(id: number): boolean {
    if (id === 0) return false;
    const left = (this.#references[id] as number) - 1;
    this.#references[id] = left;
    if (left > 0) return false;
    const value = this.value(id);
    this.#index.remove(this.#structure.hash(value), id);
    this.#values[id] = undefined;
    this.#free.push(id);
    this.#structure.drop(value);
    return true;
  }

  value(id: number): T {
    return this.#values[id] ?? this.#empty;
  }

  matches(id: number, value: T): boolean {
    const kept = this.value(id);
    return kept === value || this.#structure.same(kept, value);
  }
}
