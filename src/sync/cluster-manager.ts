import type {
  ClusterStatus,
  Conflict,
  FleetStatus,
  PoolOverlap,
  SourceStatus,
} from '../contract/cluster-status.ts';
import type { Lister } from '../contract/lister.ts';
import type { RccSnapshot, RccSource } from '../contract/rcc-source.ts';
import { IdentityRegistry } from './identity-registry.ts';
import { findPoolOverlaps } from './pool-overlap.ts';
import { RccRegistry, type DesiredCluster } from './rcc-registry.ts';
import { RemoteCluster, type ClusterSettings } from './remote-cluster.ts';

export interface ClusterManagerOptions extends ClusterSettings {
  readonly sources: readonly RccSource[];
  readonly lister: Lister;
  /** After this long the daemon is ready whatever the sources and remotes do (promise 13 of docs/architecture.md). */
  readonly readyAfterMs: number;
}

/** How often statuses are looked at that no event announces (budget, staleness), and pools are compared. */
const TICK_MS = 1_000;

/** Runs one RemoteCluster for each RCC that the sources want. Stopping keeps data, removing withdraws it. */
export class ClusterManager implements FleetStatus {
  readonly #options: ClusterManagerOptions;
  readonly #registry: RccRegistry;
  readonly #identities = new IdentityRegistry();
  readonly #clusters = new Map<string, Running>();
  readonly #removing = new Map<string, Promise<void>>();
  /** RCCs that were deleted since the start, and are not back. */
  readonly #removed = new Set<string>();
  #announcedConflicts = new Set<string>();
  #overlaps: readonly PoolOverlap[] = [];
  #poolRevision = -1;
  #startedAt = 0;
  #stopping = false;
  #wasReady = false;

  constructor(options: ClusterManagerOptions) {
    this.#options = options;
    this.#registry = new RccRegistry(options.sources);
  }

  /** Who we are ourselves, so that no RCC can federate the local cluster with itself. */
  setLocalIdentity(identities: readonly string[]): void {
    if (this.#identities.set(IdentityRegistry.local, identities)) this.#reconsider();
  }

  /**
   * Runs until the signal aborts; then ends every session and resolves. The data stays in the index. Rejects where a
   * source breaks, which none does for anything that it reads: without it RCCs would be followed no more unnoticed.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    this.#startedAt = clock.monotonic();
    const ending = new AbortController();
    const running = AbortSignal.any([signal, ending.signal]);
    const sources = this.#options.sources.map((source) =>
      source.run((snapshot) => this.#onSnapshot(source, snapshot), running),
    );
    const { promise: broken, reject } = Promise.withResolvers<never>();
    for (const source of sources) source.catch(reject);
    try {
      while (!signal.aborted) {
        await Promise.race([clock.sleep(TICK_MS, running), broken]);
        this.#survive('tick', () => this.#tick());
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#stopping = true;
      ending.abort(new Error('the engine stops'));
      await Promise.allSettled(sources);
      await Promise.all([...this.#clusters.values()].map(({ cluster }) => cluster.stop()));
      await Promise.all(this.#removing.values());
    }
  }

  clusters(): readonly ClusterStatus[] {
    const names = [...this.#clusters.keys()].sort();
    return names.flatMap((name) => this.#clusters.get(name)?.cluster.status() ?? []);
  }

  conflicts(): readonly Conflict[] {
    return this.#registry.conflicts();
  }

  sources(): readonly SourceStatus[] {
    return this.#registry.sources();
  }

  isGone(cluster: string): boolean {
    if (!this.#registry.desired().has(cluster)) return this.#removed.has(cluster) || this.#registry.certain;
    // The same cluster is read under another name, and what came under this one was withdrawn.
    const status = this.#clusters.get(cluster)?.cluster.status();
    return status?.reason === 'DuplicateOf' && !this.#options.lister.servicesComplete(cluster);
  }

  overlaps(): readonly PoolOverlap[] {
    return this.#overlaps;
  }

  ready(): { readonly ready: boolean; readonly waitingFor: readonly string[] } {
    const { context, readyAfterMs } = this.#options;
    const untried = [...this.#clusters]
      .filter(([, { cluster }]) => !cluster.tried)
      .map(([name]) => `cluster ${name}`);
    const waitingFor = [...this.#registry.waitingFor(), ...untried];
    const late = context.clock.monotonic() - this.#startedAt > readyAfterMs;
    // Once ready always ready: an RCC that comes later must not take us out of service.
    this.#wasReady ||= waitingFor.length === 0 || late;
    return { ready: this.#wasReady, waitingFor };
  }

  #onSnapshot(source: RccSource, snapshot: RccSnapshot): void {
    if (this.#stopping) return;
    const { report } = this.#options.context;
    const { problem, documents, rejected } = snapshot;
    if (problem) report({ event: 'source.failed', source: source.name, ...problem });
    else report({ event: 'source.listed', source: source.name, documents: documents.length });
    for (const bad of rejected) report({ event: 'source.rejected', source: source.name, ...bad });
    this.#registry.update(source, snapshot);
    this.#reconcile();
  }

  #reconcile(): void {
    if (this.#stopping) return;
    const desired = this.#registry.desired();
    for (const [name, { cluster }] of this.#clusters) if (!desired.has(name)) this.#remove(name, cluster);
    for (const [name, wanted] of desired) this.#apply(name, wanted);
    this.#announceConflicts();
  }

  #apply(name: string, wanted: DesiredCluster): void {
    const running = this.#clusters.get(name);
    if (running) {
      running.cluster.setSourceMissing(wanted.sourceMissing);
      if (!sameDocument(running.wanted, wanted)) {
        running.wanted = wanted;
        running.cluster.update(wanted.document, wanted.source.secrets);
      }
      running.cluster.refresh();
      return;
    }
    // A cluster of the same name is still being withdrawn: its replica must be gone first.
    const removing = this.#removing.get(name);
    if (removing) {
      void removing.then(() => this.#reconcile());
      return;
    }
    const { context } = this.#options;
    const cluster = new RemoteCluster({
      ...this.#options,
      name,
      identities: this.#identities,
      onIdentity: () => this.#reconsider(),
    });
    this.#clusters.set(name, { cluster, wanted });
    this.#removed.delete(name);
    cluster.setSourceMissing(wanted.sourceMissing);
    cluster.start(wanted.document, wanted.source.secrets);
    const { datastoreType } = cluster.status();
    context.report({ event: 'cluster.added', cluster: name, datastoreType });
    cluster.refresh();
  }

  #remove(name: string, cluster: RemoteCluster): void {
    const { report } = this.#options.context;
    this.#clusters.delete(name);
    this.#removed.add(name);
    const removing = cluster.remove().then(
      () => {
        this.#removing.delete(name);
        report({ event: 'cluster.removed', cluster: name });
      },
      (error: unknown) => {
        this.#removing.delete(name);
        report({ event: 'internal.error', message: `removing ${name}: ${String(error)}` });
      },
    );
    this.#removing.set(name, removing);
  }

  /** A defect of ours in one round must not end the engine while the process goes on. */
  #survive(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.context.report({ event: 'internal.error', message: `${what}: ${String(error)}` });
    }
  }

  #announceConflicts(): void {
    const conflicts = this.#registry.conflicts();
    const keyOf = (c: Conflict): string => `${c.name}\0${c.used}\0${c.ignored}`;
    for (const conflict of conflicts) {
      if (this.#announcedConflicts.has(keyOf(conflict))) continue;
      const { name: cluster, used, ignored } = conflict;
      this.#options.context.report({ event: 'rcc.conflict', cluster, used, ignored });
    }
    this.#announcedConflicts = new Set(conflicts.map(keyOf));
  }

  /** After the present task, because the news comes from inside a session that is being admitted. */
  #reconsider(): void {
    queueMicrotask(() => {
      if (this.#stopping) return;
      for (const { cluster } of this.#clusters.values()) cluster.refresh();
    });
  }

  #tick(): void {
    for (const { cluster } of this.#clusters.values()) cluster.refresh();
    const { lister, context } = this.#options;
    if (lister.revision === this.#poolRevision) return;
    this.#poolRevision = lister.revision;
    const overlaps = findPoolOverlaps(lister);
    const known = new Set(this.#overlaps.map(describeOverlap));
    this.#overlaps = overlaps;
    for (const overlap of overlaps) {
      const message = describeOverlap(overlap);
      if (!known.has(message)) context.report({ event: 'pools.overlap', cluster: overlap.cluster, message });
    }
  }
}

interface Running {
  readonly cluster: RemoteCluster;
  wanted: DesiredCluster;
}

function sameDocument(a: DesiredCluster, b: DesiredCluster): boolean {
  return a.source === b.source && JSON.stringify(a.document) === JSON.stringify(b.document);
}

function describeOverlap(o: PoolOverlap): string {
  return `IP pool ${o.pool} (${o.cidr}) of ${o.cluster} overlaps ${o.otherPool} (${o.otherCidr}) of ${o.otherCluster}`;
}
