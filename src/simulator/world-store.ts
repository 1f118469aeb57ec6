import { etcdKeyOf, sameEtcdValue } from './etcd-keys.ts';
import { Table } from './table.ts';
import type { Item } from './table.ts';
import type { EtcdItem, WorldItem, WorldItems, WorldResource } from './world-items.ts';

export type Tables = { readonly [R in WorldResource]: Table<WorldItems[R]> };

/**
 * All objects of one simulated cluster under one revision, as etcd counts it: a change is a new revision. The etcd
 * view (`etcd`) is kept in step where it is wanted. Watchers are told once per turn of the event loop.
 */
export class WorldStore {
  readonly tables: Tables;
  /** Calico's keys, where the cluster has an etcd datastore. */
  readonly etcd: Table<EtcdItem> | undefined;
  #revision = 0;
  #batch: { revision: number } | undefined;
  readonly #dirty = new Set<{ notify(): void }>();
  #notifying = false;

  /** `history` is how many changes each table remembers for watchers. */
  constructor(options: { readonly history: number; readonly etcd: boolean }) {
    const { history } = options;
    this.tables = {
      namespaces: new Table(history),
      serviceaccounts: new Table(history),
      pods: new Table(history),
      services: new Table(history),
      endpointslices: new Table(history),
      endpoints: new Table(history),
      hostendpoints: new Table(history),
      ippools: new Table(history),
      clusterinformations: new Table(history),
    };
    if (options.etcd) this.etcd = new Table(history);
  }

  get revision(): number {
    return this.#revision;
  }

  /** Fills empty tables with items that have revisions from 1 on; the highest becomes the current one. */
  load(loaded: readonly WorldItem[]): void {
    this.#revision = loaded.reduce((highest, { revision }) => Math.max(highest, revision), this.#revision);
    const byResource = Map.groupBy(loaded, (item) => item.resource);
    for (const [resource, table] of Object.entries(this.tables) as [WorldResource, Table<Item>][]) {
      table.load(byResource.get(resource) ?? [], this.#revision);
    }
    this.etcd?.load(
      loaded.flatMap((source) => {
        const key = etcdKeyOf(source);
        if (key === undefined) return [];
        return [{ key, revision: source.revision, createRevision: source.revision, version: 1, source }];
      }),
      this.#revision,
    );
  }

  /** Creates or replaces an object; returns it as stored, with its revision. */
  put<R extends WorldResource>(item: WorldItems[R] & { readonly resource: R }): WorldItems[R] {
    const table = this.tables[item.resource] as unknown as Table<WorldItem>;
    const previous = table.get(item.key);
    const stored = { ...item, revision: this.#next() } as WorldItem;
    table.put(stored);
    this.#changed(table);
    this.#mirror(previous, stored, stored.revision);
    return stored as WorldItems[R];
  }

  /** Does nothing where there is no such object. */
  remove(resource: WorldResource, key: string): void {
    const table = this.tables[resource] as unknown as Table<WorldItem>;
    const previous = table.get(key);
    if (previous === undefined) return;
    const revision = this.#next();
    table.delete(key, revision);
    this.#changed(table);
    this.#mirror(previous, undefined, revision);
  }

  /** Everything that `run` changes gets one revision, as in an etcd transaction. No key may change twice in it. */
  transact(run: () => void): void {
    this.#batch = { revision: ++this.#revision };
    try {
      run();
    } finally {
      this.#batch = undefined;
    }
  }

  /** Forgets the history before `revision`: reads and watches from earlier ones are refused. */
  compact(revision: number = this.#revision): void {
    for (const table of Object.values(this.tables)) table.compact(revision);
    this.etcd?.compact(revision);
    for (const table of Object.values(this.tables)) this.#changed(table);
    if (this.etcd) this.#changed(this.etcd);
  }

  #next(): number {
    return this.#batch?.revision ?? ++this.#revision;
  }

  #mirror(previous: WorldItem | undefined, item: WorldItem | undefined, revision: number): void {
    const { etcd } = this;
    if (etcd === undefined) return;
    const oldKey = previous && etcdKeyOf(previous);
    const key = item && etcdKeyOf(item);
    if (oldKey !== undefined && oldKey !== key) etcd.delete(oldKey, revision);
    if (item !== undefined && key !== undefined) {
      const old = etcd.get(key);
      if (old !== undefined && sameEtcdValue(old.source, item)) return;
      etcd.put({
        key,
        revision,
        createRevision: old?.createRevision ?? revision,
        version: (old?.version ?? 0) + 1,
        source: item,
      });
    }
    this.#changed(etcd);
  }

  #changed(table: { notify(): void }): void {
    this.#dirty.add(table);
    if (this.#notifying) return;
    this.#notifying = true;
    queueMicrotask(() => {
      this.#notifying = false;
      const tables = [...this.#dirty];
      this.#dirty.clear();
      for (const table of tables) table.notify();
    });
  }
}
