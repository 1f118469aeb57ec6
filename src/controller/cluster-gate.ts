import type { ClusterStatus, FleetStatus } from '../contract/cluster-status.ts';
import type { Lister } from '../contract/lister.ts';
import { LOCAL_CLUSTER_TEXT, type SourceCluster, showCluster } from '../model/federation.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Staleness } from './selection/stale-policy.ts';

export interface ClusterGateOptions {
  readonly local: Lister;
  readonly remote: Lister;
  readonly fleet: FleetStatus;
  readonly clock: Clock;
  readonly stalePolicy: 'keep' | 'not-ready' | 'withdraw';
  readonly staleTtlMs: number;
}

/**
 * Which clusters' parts may be written, and how stale they are. Services are planned far more often than that changes:
 * what the fleet says is read by `refresh` and holds until the next one.
 */
export class ClusterGate {
  readonly #options: ClusterGateOptions;
  readonly #startedAt: number;
  /** By name; filled as it is asked. */
  readonly #gone = new Map<string, boolean>();
  /** Of which somebody was told that they are held: that it ends must be told too. */
  readonly #toldHeld = new Set<SourceCluster>();
  #statuses: ReadonlyMap<string, ClusterStatus> = new Map();

  constructor(options: ClusterGateOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** Looks at the fleet anew. */
  refresh(): void {
    this.#gone.clear();
    this.#statuses = new Map(this.#options.fleet.clusters().map((status) => [status.name, status]));
  }

  /** What the fleet said last. */
  statuses(): readonly ClusterStatus[] {
    return [...this.#statuses.values()];
  }

  /** Promise 3 of docs/architecture.md: nothing of a cluster is written before its own data is complete. */
  isHeld(cluster: SourceCluster): boolean {
    const { local, remote } = this.#options;
    const isHeld =
      cluster === null
        ? !local.servicesComplete(LOCAL_CLUSTER_TEXT)
        : !remote.servicesComplete(cluster) && !this.#isGone(cluster);
    if (isHeld) this.#toldHeld.add(cluster);
    return isHeld;
  }

  /** Clusters that `isHeld` was true of, and is not any more; each once. */
  released(): readonly SourceCluster[] {
    const released = [...this.#toldHeld].filter((cluster) => !this.isHeld(cluster));
    for (const cluster of released) this.#toldHeld.delete(cluster);
    return released;
  }

  /** Why it is held, for people; undefined = it is not. */
  whyHeld(cluster: SourceCluster): string | undefined {
    if (!this.isHeld(cluster)) return undefined;
    const status = cluster === null ? undefined : this.#statuses.get(cluster);
    if (cluster !== null && status === undefined) {
      return 'no RemoteClusterConfiguration of that name is known, and not every source could be read completely';
    }
    const why = status === undefined ? '' : ` (${status.status}, ${status.reason})`;
    return `its services were not listed completely yet${why}`;
  }

  /** Something is held, or may be: a cluster, or the sources that name the clusters. */
  anyHeld(): boolean {
    // No RCC has an empty name: it is gone as soon as it is certain which there are.
    if (this.isHeld(null) || !this.#isGone('')) return true;
    return [...this.#statuses.keys()].some((name) => this.isHeld(name));
  }

  /** What the stale policy says of a remote cluster now. Of one that was never reached the time counts from our start. */
  staleness(cluster: string): Staleness {
    const { stalePolicy, staleTtlMs, clock } = this.#options;
    const status = this.#statuses.get(cluster);
    if (stalePolicy === 'keep' || status === undefined) return 'fresh';
    // In sync means in contact, however short the ttl: signs of life of a quiet cluster come once a minute.
    if (status.status === 'InSync') return 'fresh';
    return clock.now() - (status.lastContact ?? this.#startedAt) > staleTtlMs ? stalePolicy : 'fresh';
  }

  /** The clusters that are configured or in the index, with the local one. */
  clusters(): readonly SourceCluster[] {
    return [null, ...new Set([...this.#options.remote.clusters(), ...this.#statuses.keys()])];
  }

  /** Those of them that are held, for people. */
  held(clusters: Iterable<SourceCluster>): readonly { readonly cluster: string; readonly why: string }[] {
    return [...clusters].flatMap((cluster) => {
      const why = this.whyHeld(cluster);
      return why === undefined ? [] : [{ cluster: showCluster(cluster), why }];
    });
  }

  /** Those of them whose data may be old, for people. */
  notInSync(
    clusters: Iterable<SourceCluster>,
  ): readonly { readonly cluster: string; readonly status: string; readonly reason: string }[] {
    return [...clusters].flatMap((cluster) => {
      const known = cluster === null ? undefined : this.#statuses.get(cluster);
      if (known === undefined || known.status === 'InSync') return [];
      return [{ cluster: known.name, status: known.status, reason: known.reason }];
    });
  }

  #isGone(cluster: string): boolean {
    let gone = this.#gone.get(cluster);
    if (gone === undefined) {
      gone = this.#options.fleet.isGone(cluster);
      this.#gone.set(cluster, gone);
    }
    return gone;
  }
}
