import type { Reporter } from '../contract/event.ts';
import type {
  ChangesSince,
  ContentWish,
  Found,
  FoundEndpoint,
  IndexChange,
  Lister,
  ListSnapshot,
  Selection,
} from '../contract/lister.ts';
import type { ClusterReplica, ReplicaFactory } from '../contract/replica.ts';
import { canonicalAddress } from '../model/address.ts';
import type { Exclusion } from '../model/delta.ts';
import type { EndpointSlice } from '../model/endpoint-slice.ts';
import type { Kind } from '../model/kind.ts';
import type { EntryKey } from '../model/objects.ts';
import type { Selector } from '../model/selector.ts';
import type { Service } from '../model/service.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { Budget } from './budget.ts';
import { ClusterData } from './cluster-data.ts';
import { readFound, readHost, readObject } from './endpoint-reader.ts';
import { nameOf, workloadIdOf } from './entry-name.ts';
import { NONE } from './hash-index.ts';
import { IndexCore } from './index-core.ts';
import type { IndexStats } from './index-stats.ts';
import { statsOf } from './index-stats.ts';
import { ObjectSnapshot } from './object-snapshot.ts';
import { Replica } from './replica.ts';
import { readRow } from './row-reader.ts';
import { SelectionRun } from './selection.ts';
import type { SelectOptions } from './selection.ts';

export interface MergedIndexOptions {
  readonly clock: Clock;
  /** Seeds the hashes, so that no remote cluster can choose names that collide. */
  readonly random: Random;
  readonly report: Reporter;
  /** All kinds together, per cluster. */
  readonly maxObjectsPerCluster: number;
  /** How many changes `changes` can look back; default 65,536. */
  readonly historyLength?: number;
  /** How many unreadable objects of a cluster are remembered one by one; default 10,000. */
  readonly maxSkippedPerCluster?: number;
  /** How many left-out objects of a cluster are remembered; default 20,000. */
  readonly maxExcludedPerCluster?: number;
}

const DEFAULTS = { historyLength: 65_536, maxSkippedPerCluster: 10_000, maxExcludedPerCluster: 20_000 };

/**
 * The merged picture of all remote clusters, in memory. Everything that one `apply` (or `end`, `retain`, a slice of a
 * drop) changes is one commit and one revision. WorkloadEndpoints are rows of typed columns (EndpointTable), everything
 * else is plain objects per cluster (ObjectTable).
 */
export class MergedIndex implements Lister, ReplicaFactory {
  readonly #options: MergedIndexOptions;
  readonly #core: IndexCore;
  readonly #replicas = new Map<string, Replica>();
  #opened = 0;

  constructor(options: MergedIndexOptions) {
    this.#options = options;
    this.#core = new IndexCore(options.clock, options.report, {
      historyLength: options.historyLength ?? DEFAULTS.historyLength,
      seed: Math.floor(options.random() * 2 ** 32),
    });
  }

  get revision(): number {
    return this.#core.commits.revision;
  }

  /** A replica that is being dropped under this name is gone when this returns. Throws where one is in use. */
  open(cluster: string): ClusterReplica {
    const known = this.#replicas.get(cluster);
    if (known !== undefined) {
      if (!known.isDropped) throw new Error(`cluster ${cluster} has a replica already`);
      known.finishDrop();
    }
    const { maxObjectsPerCluster, report } = this.#options;
    const limits = {
      skipped: this.#options.maxSkippedPerCluster ?? DEFAULTS.maxSkippedPerCluster,
      excluded: this.#options.maxExcludedPerCluster ?? DEFAULTS.maxExcludedPerCluster,
    };
    const budget = new Budget(maxObjectsPerCluster, (limit) =>
      report({ event: 'budget.exceeded', cluster, limit }),
    );
    const data = new ClusterData(cluster, ++this.#opened, limits, budget);
    this.#core.clusters.set(cluster, data);
    this.#core.byHolder.set(data.holder, data);
    const replica = new Replica(this.#core, data, () => this.#replicas.delete(cluster));
    this.#replicas.set(cluster, replica);
    return replica;
  }

  clusters(): readonly string[] {
    return [...this.#core.clusters.keys()].sort();
  }

  get(cluster: string, kind: Kind, key: EntryKey): Found | undefined {
    const data = this.#core.clusters.get(cluster);
    if (data === undefined) return undefined;
    if (kind === 'WorkloadEndpoint') {
      const id = workloadIdOf(key);
      const row = id === undefined ? NONE : this.#core.endpoints.find(data.holder, id);
      return row === NONE ? undefined : this.#readRow(data, row);
    }
    const stored = data.objects.get(kind, key.namespace, nameOf(key));
    return stored && readObject(data.name, stored);
  }

  *list(kind: Kind, cluster?: string): Generator<Found> {
    for (const data of this.#clusters(cluster)) {
      if (kind === 'WorkloadEndpoint') {
        for (const row of this.#core.endpoints.rows.of(data.holder)) yield this.#readRow(data, row);
      } else {
        for (const stored of data.objects.of(kind)) yield readObject(data.name, stored);
      }
    }
  }

  endpointsByIP(address: string): readonly FoundEndpoint[] {
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return [];
    const { rows, hosts } = this.#core.endpoints.addresses.owners(canonical);
    const found: FoundEndpoint[] = [];
    for (const row of rows) found.push(readRow(this.#core, row));
    for (const number of hosts) {
      const host = this.#core.hosts.get(number);
      const endpoint = host && readHost(host.cluster, host.stored);
      if (endpoint !== undefined) found.push(endpoint);
    }
    return found;
  }

  excludedByIP(address: string): readonly { readonly cluster: string; readonly exclusion: Exclusion }[] {
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return [];
    return this.#clusters().flatMap((data) =>
      Array.from(data.exclusions.byAddress(canonical), (exclusion) => ({ cluster: data.name, exclusion })),
    );
  }

  service(namespace: string, name: string): readonly Found<Service>[] {
    const found: Found<Service>[] = [];
    for (const data of this.#core.clusters.values()) {
      const stored = data.objects.get('Service', namespace, name);
      if (stored !== undefined) found.push(readObject(data.name, stored) as Found<Service>);
    }
    return found;
  }

  *servicesIn(namespace: string, cluster?: string): Generator<Found<Service>> {
    for (const data of this.#clusters(cluster)) {
      for (const stored of data.objects.in('Service', namespace)) {
        yield readObject(data.name, stored) as Found<Service>;
      }
    }
  }

  servicesComplete(cluster: string): boolean {
    const data = this.#core.clusters.get(cluster);
    return data !== undefined && data.isComplete('services') && data.isComplete('endpointslices');
  }

  slicesOf(namespace: string, service: string, cluster?: string): readonly Found<EndpointSlice>[] {
    const found: Found<EndpointSlice>[] = [];
    for (const data of this.#clusters(cluster)) {
      for (const stored of data.objects.slicesOf(namespace, service)) {
        found.push(readObject(data.name, stored) as Found<EndpointSlice>);
      }
    }
    return found;
  }

  select(selector: Selector, options: SelectOptions = {}): Promise<Selection> {
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    return new SelectionRun(this.#core, selector, limit).run(options.cluster);
  }

  changes(since: number): ChangesSince {
    return this.#core.commits.changes(since);
  }

  onCommit(listener: (changes: readonly IndexChange[]) => void, wish?: ContentWish): () => void {
    return this.#core.commits.onCommit(listener, wish);
  }

  /** A reporter may ask in the middle of a commit: what that recorded so far is a commit of its own then. */
  settle(): void {
    this.#core.commits.commit();
  }

  bump(): number {
    return this.#core.commits.bump();
  }

  /** In the order of cluster names. The resource version that a source gave a WorkloadEndpoint may be a later one. */
  snapshot(kind: Kind, cluster?: string): ListSnapshot {
    this.settle();
    const clusters = this.#clusters(cluster).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (kind === 'WorkloadEndpoint') return this.#core.snapshots.open(this.#core, clusters);
    return new ObjectSnapshot(this.revision, kind, clusters);
  }

  /** Sizes and estimated memory, for metrics. */
  stats(): IndexStats {
    return statsOf(this.#core);
  }

  #readRow(data: ClusterData, row: number): Found {
    return readFound(this.#core.endpoints, data, row);
  }

  #clusters(only?: string): ClusterData[] {
    if (only === undefined) return [...this.#core.clusters.values()];
    const data = this.#core.clusters.get(only);
    return data === undefined ? [] : [data];
  }
}
