import type { PreparedDatastore } from '../contract/adapter.ts';
import type { DatastoreStatus } from '../contract/cluster-status.ts';
import type { ClusterReplica, ResourceStore } from '../contract/replica.ts';
import type { Resource } from '../model/kind.ts';
import { DatastoreReplication } from './datastore-replication.ts';
import type { EngineContext } from './engine-context.ts';
import { StagingStore } from './staging-store.ts';
import { StoreSlot } from './store-slot.ts';

export interface SessionOptions {
  readonly cluster: string;
  readonly datastores: readonly PreparedDatastore[];
  readonly replica: ClusterReplica;
  /** True while an earlier session serves: this one collects beside it until `promote`. */
  readonly staged: boolean;
  readonly context: EngineContext;
  /** Called when anything that status is made from changed. Cheap; called often. */
  readonly onChange: () => void;
  /** Says whether this cluster may be read, once all that can be known of its identity is known. */
  readonly admit: (session: Session) => boolean;
}

/**
 * One remote cluster, with one configuration: its datastores and their reflectors, all owned by one AbortSignal.
 * A session never decides about another: the remote cluster that owns it promotes and ends it.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #controller = new AbortController();
  readonly #replications: readonly DatastoreReplication[];
  readonly #slots = new Map<Resource, StoreSlot>();
  readonly #staging = new Map<Resource, StagingStore>();
  #running: Promise<void> | undefined;
  #identities: readonly string[] = [];
  #admitted = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#replications = options.datastores.map(
      (prepared) =>
        new DatastoreReplication({
          cluster: options.cluster,
          prepared,
          store: (resource) => this.#slot(resource),
          context: options.context,
          onChange: options.onChange,
          onIdentity: () => this.#identified(),
        }),
    );
  }

  /** Equal for sessions that would do the same. */
  get fingerprint(): string {
    return fingerprintOf(this.#options.datastores);
  }

  get identities(): readonly string[] {
    return this.#identities;
  }

  /** It was allowed to read: it may have written. */
  get admitted(): boolean {
    return this.#admitted;
  }

  /** Starts once; later calls do nothing. */
  start(): void {
    const { signal } = this.#controller;
    this.#running ??= Promise.all(this.#replications.map((r) => this.#run(r, signal))).then(() => undefined);
  }

  /** Ends all that the session owns; data stays. Resolves when nothing of it runs any more. May be called twice. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('the session ended'));
    await this.#running;
  }

  statuses(): readonly DatastoreStatus[] {
    return this.#replications.map((replication) => replication.status());
  }

  get lastContact(): number | null {
    return oldest(this.#replications.map((r) => r.lastContact));
  }

  get nextRetry(): number | null {
    const times = this.#replications.map((r) => r.nextRetry).filter((t) => t !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  notes(): readonly string[] {
    return this.#replications.flatMap((replication) => replication.notes());
  }

  /** Every resource was listed, is absent or may not be read; nothing is being listed. */
  get settled(): boolean {
    return this.#replications.every((replication) => replication.settled);
  }

  resourcesIn(phase: 'synced' | 'forbidden'): readonly Resource[] {
    return this.#replications.flatMap((replication) => replication.resourcesIn(phase));
  }

  /** Everything that was collected goes into the index as a diff; from now on changes go there directly. */
  promote(): void {
    const { replica } = this.#options;
    for (const [resource, staging] of this.#staging) {
      const slot = this.#slots.get(resource);
      const live = replica.resource(resource);
      // What may not be read was not listed: it must not sweep what is known.
      if (this.resourcesIn('forbidden').includes(resource)) staging.replay(live);
      else staging.promote(live);
      slot?.exchange(live);
    }
    this.#staging.clear();
    replica.retain([...this.#slots.keys()]);
  }

  /** From now on nothing of this session reaches the index, whatever is still on its way. */
  detach(): void {
    for (const slot of this.#slots.values()) slot.exchange(NOWHERE);
    this.#staging.clear();
  }

  /** Never rejects: a defect in one datastore's code is named, and costs only that datastore. */
  async #run(replication: DatastoreReplication, signal: AbortSignal): Promise<void> {
    const { cluster, context } = this.#options;
    try {
      await replication.run(signal);
    } catch (error) {
      context.report({ event: 'internal.error', message: `${cluster}: ${String(error)}` });
    }
  }

  #slot(resource: Resource): StoreSlot {
    const known = this.#slots.get(resource);
    if (known) return known;
    let slot: StoreSlot;
    if (this.#options.staged) {
      const staging = new StagingStore(this.#options.context.maxObjectsPerCluster);
      this.#staging.set(resource, staging);
      slot = new StoreSlot(staging);
    } else {
      slot = new StoreSlot(this.#options.replica.resource(resource));
    }
    this.#slots.set(resource, slot);
    return slot;
  }

  /**
   * A datastore said who it is. Replications wait for the verdict before they list anything, and the verdict waits
   * until each datastore was asked once: the second may be the one that shows a duplicate.
   */
  async #identified(): Promise<boolean> {
    await Promise.all(this.#replications.map((replication) => replication.asked));
    this.#identities = this.#replications.flatMap((replication) => replication.identities);
    if (this.#controller.signal.aborted || !this.#options.admit(this)) return false;
    this.#admitted = true;
    return true;
  }
}

/** Takes what a session delivers that ended. */
const NOWHERE: ResourceStore = {
  begin: () => undefined,
  apply: () => undefined,
  end: () => undefined,
  cancel: () => undefined,
};

export function fingerprintOf(datastores: readonly PreparedDatastore[]): string {
  return datastores.map((prepared) => `${prepared.type}:${prepared.fingerprint}`).join(' ');
}

/** Of two datastores the one that is silent for longer makes the data old; one never reached has none. */
function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter((t) => t !== null);
  return known.length === 0 ? null : Math.min(...known);
}
