import type { Resource } from '../model/kind.ts';
import type { Delta } from '../model/delta.ts';

/** What is counted of one cluster. null = this cluster does not provide it (`IdentityOnly`). */
export interface Counts {
  readonly workloadEndpoints: number;
  readonly hostEndpoints: number;
  readonly profiles: number;
  readonly services: number | null;
  readonly endpointSlices: number | null;
  readonly ipPools: number;
  /** Objects that are unreadable now. */
  readonly skipped: number;
}

/**
 * The write side of one resource of one cluster: a stale-mark store. It outlives connections. Only `end` deletes
 * what a list did not name; a list that failed is `cancel`led and deletes nothing.
 */
export interface ResourceStore {
  /** A complete list starts: everything known of this resource is stale until named again. */
  begin(): void;
  apply(deltas: readonly Delta[]): void;
  /** The list was complete: what is still stale is deleted. */
  end(): void;
  /** The list broke off: nothing is stale any more. */
  cancel(): void;
}

/** The write side of one cluster in the merged index. */
export interface ClusterReplica {
  readonly cluster: string;
  /** A store of its own for each call: two readers of one resource may list at the same time. */
  resource(resource: Resource): ResourceStore;
  /** A new session took over that reads other resources: what the rest held and nobody else named is deleted. */
  retain(resources: readonly Resource[]): void;
  counts(): Counts;
  /** True while new objects are refused because of the budget. */
  readonly overBudget: boolean;
  /** The skipped objects, newest last, bounded; for status and explain. */
  skipped(): readonly { readonly where: string; readonly reason: string }[];
  /** Withdraws everything of the cluster, in slices that do not block the loop. */
  drop(): Promise<void>;
}

/** Gives each cluster its replica. At most one live replica per name. */
export interface ReplicaFactory {
  open(cluster: string): ClusterReplica;
}
