import type { DatastoreType } from '../model/rcc.ts';
import type { Status, StatusReason } from '../model/status.ts';
import type { Conflict, DatastoreStatus, PoolOverlap } from './cluster-status.ts';
import type { Counts } from './replica.ts';

/** One cluster in `/status`. Times are RFC 3339 in UTC, ages whole milliseconds as seconds. */
export interface ClusterDocument {
  readonly name: string;
  readonly datastoreType: DatastoreType | null;
  readonly status: Status;
  readonly reason: StatusReason;
  readonly message: string;
  readonly since: string;
  /** null = there was no sign of life yet. */
  readonly lastContact: string | null;
  /** Seconds since `lastContact`. */
  readonly dataAge: number | null;
  readonly stale: boolean;
  readonly nextRetry: string | null;
  readonly counts: Counts;
  readonly datastores: readonly DatastoreStatus[];
  readonly overlayRoutingMode: 'Enabled' | 'Disabled';
  readonly origin: string;
  readonly notes: readonly string[];
  readonly skipped: readonly { readonly where: string; readonly reason: string }[];
}

export interface SourceDocument {
  readonly name: string;
  /** null = the source is well. */
  readonly reason: StatusReason | null;
  readonly message: string;
  readonly rejected: readonly { readonly origin: string; readonly problem: string }[];
}

/** The answer of `/status`; `fedsyncd status -o json` prints it as it is. */
export interface StatusDocument {
  readonly version: string;
  readonly time: string;
  /** Of the merged index. */
  readonly revision: number;
  readonly ready: boolean;
  readonly waitingFor: readonly string[];
  readonly sources: readonly SourceDocument[];
  readonly conflicts: readonly Conflict[];
  readonly overlaps: readonly PoolOverlap[];
  readonly clusters: readonly ClusterDocument[];
}

export interface ExplainedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly hostPort: number;
  readonly hostIP: string;
}

export interface ExplainedEndpoint {
  /** null = the local cluster. */
  readonly cluster: string | null;
  readonly kind: 'WorkloadEndpoint' | 'HostEndpoint';
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** `k8s`, `cni`, …; '' for a HostEndpoint. */
  readonly orchestrator: string;
  /** The pod, or what the orchestrator calls it; '' for a HostEndpoint. */
  readonly workload: string;
  readonly serviceAccount: string;
  /** Of the host's side; derived as Calico does where the datastore does not say. */
  readonly interfaceName: string;
  /** CIDRs of a WorkloadEndpoint, addresses of a HostEndpoint. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly inheritedLabels: Readonly<Record<string, string>>;
  readonly profiles: readonly string[];
  readonly ports: readonly ExplainedPort[];
  readonly resourceVersion: string;
  /** When this daemon saw the present content first. */
  readonly since: string;
}

export interface ExplainedExclusion {
  readonly cluster: string | null;
  readonly key: string;
  readonly reason: string;
  readonly node: string;
  readonly addresses: readonly string[];
}

/** The answer of `/explain?ip=`. */
export interface ExplainDocument {
  readonly query: string;
  readonly endpoints: readonly ExplainedEndpoint[];
  readonly excluded: readonly ExplainedExclusion[];
  /** There were more than are shown. */
  readonly truncated: boolean;
  /** Clusters whose data may be old or incomplete, and with it this answer. */
  readonly notInSync: readonly {
    readonly cluster: string;
    readonly status: Status;
    readonly reason: StatusReason;
  }[];
}
