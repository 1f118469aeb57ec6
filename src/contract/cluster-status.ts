import type { DatastoreType, RccObject } from '../model/rcc.ts';
import type { Status, StatusReason } from '../model/status.ts';
import type { Counts } from './replica.ts';

export interface DatastoreStatus {
  readonly type: DatastoreType;
  readonly status: Status;
  readonly reason: StatusReason;
  readonly message: string;
}

/** What is known of one remote cluster now. Times in milliseconds since the epoch. */
export interface ClusterStatus {
  readonly name: string;
  /** null where the RCC is so broken that it does not say. */
  readonly datastoreType: DatastoreType | null;
  readonly status: Status;
  readonly reason: StatusReason;
  /** One sentence for people. */
  readonly message: string;
  /** Since when it has this status and reason. */
  readonly since: number;
  /** Last sign of life; null = never. */
  readonly lastContact: number | null;
  /** No contact for longer than --stale-after. */
  readonly stale: boolean;
  /** When it is tried next; null = nothing is waiting. */
  readonly nextRetry: number | null;
  readonly counts: Counts;
  readonly datastores: readonly DatastoreStatus[];
  readonly overlayRoutingMode: 'Enabled' | 'Disabled';
  /** Where the RCC comes from. */
  readonly origin: string;
  /** The RCC as an object of the Kubernetes API, where it comes from there: what Events can be about. */
  readonly object?: RccObject;
  /** Last unreadable objects, bounded. */
  readonly skipped: readonly { readonly where: string; readonly reason: string }[];
  /** Plain sentences: fallbacks in use and the like. */
  readonly notes: readonly string[];
}

/** An RCC that is not used because another of the same name wins, or a document that cannot be read. */
export interface Conflict {
  readonly name: string;
  readonly used: string;
  readonly ignored: string;
}

export interface SourceStatus {
  readonly name: string;
  readonly reason: StatusReason | null;
  readonly message: string;
  readonly rejected: readonly { readonly origin: string; readonly problem: string }[];
}

/** Everything that the operator's side asks of the engine. */
export interface FleetStatus {
  clusters(): readonly ClusterStatus[];
  conflicts(): readonly Conflict[];
  sources(): readonly SourceStatus[];
  /**
   * This cluster gives nothing any more, and that is certain: its RCC was deleted while this process ran, or no source
   * wants it and every source was read completely, without any unreadable document (promise 1 of docs/architecture.md);
   * or it is a duplicate whose data was withdrawn.
   */
  isGone(cluster: string): boolean;
  /** Pools of different clusters that overlap. */
  overlaps(): readonly PoolOverlap[];
  /** Promise 13 of docs/architecture.md. */
  ready(): { readonly ready: boolean; readonly waitingFor: readonly string[] };
}

export interface PoolOverlap {
  readonly cidr: string;
  readonly cluster: string;
  readonly pool: string;
  readonly otherCidr: string;
  readonly otherCluster: string;
  readonly otherPool: string;
}
