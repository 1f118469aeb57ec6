import type { Resource } from '../model/kind.ts';
import type { EntryKey } from '../model/objects.ts';

const SHOWN = 100;

interface Skipped {
  readonly where: string;
  readonly reason: string;
  readonly resource: Resource;
  /** Marks of lists under way that have not named it. */
  marks: number;
}

/** The unreadable objects of a cluster: exact up to `limit`; of those beyond only a number is kept. */
export class SkipTable {
  readonly #limit: number;
  readonly #skipped = new Map<string, Skipped>();
  /** Beyond the limit, and how many of them the list under way named. */
  readonly #beyond = new Map<Resource, number>();
  readonly #beyondOfList = new Map<Resource, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    let size = this.#skipped.size;
    for (const number of this.#beyond.values()) size += number;
    return size;
  }

  /** Whether nothing is known by its key: then `remove` need not be called. */
  get isEmpty(): boolean {
    return this.#skipped.size === 0;
  }

  /** True where this object was not known to be unreadable for this reason. `mark` is that of the list that says so. */
  add(
    resource: Resource,
    id: EntryKey | undefined,
    what: { where: string; reason: string },
    mark: number,
  ): boolean {
    const key = id === undefined ? `${resource}\0\0${what.where}` : keyOf(resource, id);
    const known = this.#skipped.get(key);
    if (known === undefined && this.#skipped.size >= this.#limit) {
      const beyond = mark === 0 ? this.#beyond : this.#beyondOfList;
      beyond.set(resource, (beyond.get(resource) ?? 0) + 1);
      return false;
    }
    this.#skipped.delete(key);
    const marks = (known?.marks ?? 0) & ~mark;
    this.#skipped.set(key, { where: what.where, reason: what.reason, resource, marks });
    return known?.reason !== what.reason;
  }

  remove(resource: Resource, id: EntryKey): void {
    this.#skipped.delete(keyOf(resource, id));
  }

  begin(resource: Resource, mark: number): void {
    this.#beyondOfList.delete(resource);
    for (const each of this.#skipped.values()) if (each.resource === resource) each.marks |= mark;
  }

  end(resource: Resource, mark: number): void {
    for (const [key, each] of this.#skipped) {
      if (each.resource === resource && each.marks & mark) this.#skipped.delete(key);
    }
    this.#beyond.set(resource, this.#beyondOfList.get(resource) ?? 0);
  }

  cancel(resource: Resource, mark: number): void {
    for (const each of this.#skipped.values()) if (each.resource === resource) each.marks &= ~mark;
    const seen = this.#beyondOfList.get(resource) ?? 0;
    if (seen > (this.#beyond.get(resource) ?? 0)) this.#beyond.set(resource, seen);
  }

  forget(resource: Resource): void {
    for (const [key, each] of this.#skipped) if (each.resource === resource) this.#skipped.delete(key);
    this.#beyond.delete(resource);
  }

  /** Newest last. */
  newest(): { readonly where: string; readonly reason: string }[] {
    const all = [...this.#skipped.values()].slice(-SHOWN);
    return all.map(({ where, reason }) => ({ where, reason }));
  }
}

function keyOf(resource: Resource, id: EntryKey): string {
  const parts = 'name' in id ? [id.name] : [id.node, id.orchestrator, id.workload, id.endpoint];
  return [resource, id.namespace, ...parts].join('\0');
}
