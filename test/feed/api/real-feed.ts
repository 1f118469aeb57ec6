import type { TestContext } from 'node:test';
import type { ClusterStatus } from '../../../src/contract/cluster-status.ts';
import type { ClusterReplica, ResourceStore } from '../../../src/contract/replica.ts';
import { JournalStore } from '../../../src/feed/journal/journal-store.ts';
import { MergedIndex } from '../../../src/index/merged-index.ts';
import type { Resource } from '../../../src/model/kind.ts';
import type { Entry } from '../../../src/model/objects.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { put } from '../../index/fixtures.ts';
import { clusterStatus } from '../objects/fixtures.ts';

/** A feed over a real index, in real time. */
export class RealFeed {
  readonly index: MergedIndex;
  readonly store: JournalStore;
  readonly fleet = new Map<string, ClusterStatus>();
  readonly #replicas = new Map<string, ClusterReplica>();
  readonly #stores = new Map<string, ResourceStore>();

  constructor() {
    const report = (): void => undefined;
    const parts = { clock: systemClock, random: systemRandom, report };
    this.index = new MergedIndex({ ...parts, maxObjectsPerCluster: 1_000_000 });
    const fleet = { clusters: () => [...this.fleet.values()] };
    this.store = new JournalStore({ ...parts, lister: this.index, fleet });
  }

  /** Runs until the test is over. */
  start(test: TestContext): void {
    const stop = new AbortController();
    const running = this.store.run(stop.signal);
    test.after(async () => {
      stop.abort(new Error('the test is over'));
      await running;
    });
  }

  put(cluster: string, ...entries: readonly Entry[]): void {
    for (const entry of entries) this.#resource(cluster, RESOURCE_OF[entry.kind]).apply(put(entry));
  }

  remove(cluster: string, { kind, namespace, name }: Extract<Entry, { readonly name: string }>): void {
    this.#resource(cluster, RESOURCE_OF[kind]).apply([{ op: 'delete', key: { namespace, name } }]);
  }

  /** As the engine does: the data, then the status. */
  async drop(cluster: string): Promise<void> {
    const replica = this.#replicas.get(cluster);
    this.#replicas.delete(cluster);
    for (const key of this.#stores.keys()) if (key.startsWith(`${cluster}/`)) this.#stores.delete(key);
    await replica?.drop();
    this.fleet.delete(cluster);
  }

  #resource(cluster: string, resource: Resource): ResourceStore {
    const key = `${cluster}/${resource}`;
    const store = this.#stores.get(key) ?? this.#replica(cluster).resource(resource);
    this.#stores.set(key, store);
    return store;
  }

  #replica(cluster: string): ClusterReplica {
    const replica = this.#replicas.get(cluster) ?? this.index.open(cluster);
    this.#replicas.set(cluster, replica);
    if (!this.fleet.has(cluster)) this.fleet.set(cluster, clusterStatus({ name: cluster }));
    return replica;
  }
}

const RESOURCE_OF: Readonly<Record<Entry['kind'], Resource>> = {
  WorkloadEndpoint: 'workloadendpoints',
  HostEndpoint: 'hostendpoints',
  Profile: 'profiles',
  IPPool: 'ippools',
  ClusterInformation: 'clusterinformations',
  Service: 'services',
  EndpointSlice: 'endpointslices',
};
