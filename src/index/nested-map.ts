/** A map with two texts as key. Nested maps: a joined key would have to be made for every look-up and kept. */
export class NestedMap<V> {
  readonly #outer = new Map<string, Map<string, V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(first: string, second: string): V | undefined {
    return this.#outer.get(first)?.get(second);
  }

  set(first: string, second: string, value: V): void {
    let inner = this.#outer.get(first);
    if (inner === undefined) {
      inner = new Map();
      this.#outer.set(first, inner);
    }
    const before = inner.size;
    inner.set(second, value);
    this.#size += inner.size - before;
  }

  delete(first: string, second: string): boolean {
    const inner = this.#outer.get(first);
    if (!inner?.delete(second)) return false;
    this.#size--;
    if (inner.size === 0) this.#outer.delete(first);
    return true;
  }

  /** All values under the first text. The value at hand may be deleted while it is visited. */
  under(first: string): Iterable<V> {
    return this.#outer.get(first)?.values() ?? [];
  }

  /** The value at hand may be deleted while it is visited. */
  *values(): Generator<V> {
    for (const inner of this.#outer.values()) yield* inner.values();
  }
}
