import type { OwnedSlice } from './owned-slice.ts';

interface Entry {
  readonly slice: OwnedSlice;
  /** The service that it is filed under; '' = none. */
  readonly service: string;
}

interface Group {
  readonly namespace: string;
  readonly service: string;
  readonly slices: Map<string, OwnedSlice>;
  /** Sorted by name; made when asked for, dropped by a change. */
  sorted: readonly OwnedSlice[] | undefined;
}

const NONE: readonly OwnedSlice[] = [];

/** Slices by name and by service. */
export class SliceTable {
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();

  get size(): number {
    return this.#entries.size;
  }

  get(namespace: string, name: string): Entry | undefined {
    return this.#entries.get(`${namespace}/${name}`);
  }

  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  groups(): Iterable<{ readonly namespace: string; readonly service: string }> {
    return this.#groups.values();
  }

  /** By name. The same array until one of them changes. */
  ofService(namespace: string, service: string): readonly OwnedSlice[] {
    const group = this.#groups.get(`${namespace}/${service}`);
    if (group === undefined) return NONE;
    group.sorted ??= [...group.slices.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return group.sorted;
  }

  set(slice: OwnedSlice, service: string): void {
    const { namespace, name } = slice;
    const before = this.get(namespace, name);
    if (before !== undefined && before.service !== service) this.delete(namespace, name);
    this.#entries.set(`${namespace}/${name}`, { slice, service });
    const key = `${namespace}/${service}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { namespace, service, slices: new Map(), sorted: undefined };
      this.#groups.set(key, group);
    }
    group.slices.set(name, slice);
    group.sorted = undefined;
  }

  delete(namespace: string, name: string): void {
    const entry = this.get(namespace, name);
    if (entry === undefined) return;
    this.#entries.delete(`${namespace}/${name}`);
    const key = `${namespace}/${entry.service}`;
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.slices.delete(name);
    group.sorted = undefined;
    if (group.slices.size === 0) this.#groups.delete(key);
  }
}
