import type { ClusterReplica, Counts, ReplicaFactory, ResourceStore } from '../../src/contract/replica.ts';
import type { Delta } from '../../src/model/delta.ts';
import type { Resource } from '../../src/model/kind.ts';

/** A plain model of the write side of the index: a Map per resource, with the same stale-mark rules. */
export class ModelStore implements ResourceStore {
  readonly objects = new Map<string, string>();
  /** Names of objects that went away, in order: a list that takes a healthy one away shows here. */
  readonly deleted: string[] = [];
  #stale: Set<string> | undefined;

  begin(): void {
    if (this.#stale) throw new Error('begin without end or cancel of the list before');
    this.#stale = new Set(this.objects.keys());
  }

  apply(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      if (delta.op === 'put' && delta.entry.kind === 'IPPool') {
        this.#stale?.delete(delta.entry.name);
        this.objects.set(delta.entry.name, delta.entry.cidr);
      } else if (delta.op === 'delete' && 'name' in delta.key) {
        this.#delete(delta.key.name);
      }
    }
  }

  end(): void {
    for (const name of this.#stale ?? []) this.#delete(name);
    this.#stale = undefined;
  }

  cancel(): void {
    this.#stale = undefined;
  }

  #delete(name: string): void {
    if (this.objects.delete(name)) this.deleted.push(name);
  }
}

export class ModelReplica implements ClusterReplica {
  readonly cluster: string;
  readonly stores = new Map<Resource, ModelStore>();
  overBudget = false;
  dropped = false;

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  resource(resource: Resource): ModelStore {
    const store = this.stores.get(resource) ?? new ModelStore();
    this.stores.set(resource, store);
    return store;
  }

  retain(resources: readonly Resource[]): void {
    for (const resource of this.stores.keys())
      if (!resources.includes(resource)) this.stores.delete(resource);
  }

  counts(): Counts {
    const ipPools = this.stores.get('ippools')?.objects.size ?? 0;
    return {
      workloadEndpoints: 0,
      hostEndpoints: 0,
      profiles: 0,
      services: null,
      endpointSlices: null,
      ipPools,
      skipped: 0,
    };
  }

  skipped(): readonly { readonly where: string; readonly reason: string }[] {
    return [];
  }

  drop(): Promise<void> {
    this.dropped = true;
    this.stores.clear();
    return Promise.resolve();
  }
}

export class ModelReplicas implements ReplicaFactory {
  readonly opened: ModelReplica[] = [];

  open(cluster: string): ModelReplica {
    const replica = new ModelReplica(cluster);
    this.opened.push(replica);
    return replica;
  }

  get last(): ModelReplica {
    const last = this.opened.at(-1);
    if (!last) throw new Error('no replica was opened');
    return last;
  }
}
