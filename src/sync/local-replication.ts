import type { PreparedDatastore } from '../contract/adapter.ts';
import type { DatastoreStatus } from '../contract/cluster-status.ts';
import type { ClusterReplica, ReplicaFactory } from '../contract/replica.ts';
import { LOCAL_CLUSTER_TEXT } from '../model/federation.ts';
import { clusterCondition, type Condition } from './cluster-condition.ts';
import type { EngineContext } from './engine-context.ts';
import { Session } from './session.ts';

export interface LocalReplicationOptions {
  readonly services: PreparedDatastore;
  /** The local cluster's own index, apart from that of the remotes. */
  readonly replicas: ReplicaFactory;
  readonly context: EngineContext;
}

/**
 * Keeps the Services and EndpointSlices of the local cluster in an index, as those of a cluster named `(local)`. There is
 * one configuration for the life of the process, so nothing is staged, and whoever answers is the local cluster.
 */
export class LocalReplication {
  readonly #context: EngineContext;
  readonly #replica: ClusterReplica;
  readonly #session: Session;
  #settled = false;
  #announced: Condition | undefined;

  constructor({ services, replicas, context }: LocalReplicationOptions) {
    this.#context = context;
    this.#replica = replicas.open(LOCAL_CLUSTER_TEXT);
    this.#session = new Session({
      cluster: LOCAL_CLUSTER_TEXT,
      datastores: [services],
      replica: this.#replica,
      staged: false,
      context,
      onChange: () => this.#refresh(),
      admit: () => true,
    });
  }

  /** Runs until the signal aborts; then resolves. Never rejects. The data stays. Runs once. */
  async run(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => resolve();
    if (signal.aborted) return;
    signal.addEventListener('abort', onAbort, { once: true });
    this.#refresh();
    this.#session.start();
    await promise;
    await this.#session.stop();
  }

  statuses(): readonly DatastoreStatus[] {
    return this.#session.statuses();
  }

  /** Last sign of life of the local API, in milliseconds since the epoch; null = never. */
  get lastContact(): number | null {
    return this.#session.lastContact;
  }

  #refresh(): void {
    if (this.#session.settled && !this.#settled) {
      this.#settled = true;
      this.#session.promote();
    }
    const previous = this.#announced;
    const next = clusterCondition({
      configProblem: undefined,
      datastores: this.#session.statuses(),
      identityOnly: false,
      overBudget: this.#replica.overBudget,
      sourceMissing: undefined,
    });
    if (previous?.status === next.status && previous.reason === next.reason) return;
    this.#announced = next;
    this.#context.report({
      event: 'cluster.status',
      cluster: LOCAL_CLUSTER_TEXT,
      ...next,
      previous: previous?.status ?? null,
    });
  }
}
