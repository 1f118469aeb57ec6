import type { Resource } from '../model/kind.ts';
import type { DatastoreType } from '../model/rcc.ts';
import type { Status, StatusReason } from '../model/status.ts';

/**
 * What the rooms report of themselves. One room (telemetry) makes log lines and metrics of it; `event` is the
 * stable code of the log line. No field ever holds a credential.
 */
export type DaemonEvent =
  | { readonly event: 'daemon.started'; readonly version: string; readonly opsAddress: string }
  | { readonly event: 'daemon.stopping'; readonly signal: string }
  | { readonly event: 'daemon.stopped' }
  | { readonly event: 'daemon.ready' }
  | { readonly event: 'source.listed'; readonly source: string; readonly documents: number }
  | {
      readonly event: 'source.failed';
      readonly source: string;
      readonly reason: StatusReason;
      readonly message: string;
    }
  | {
      readonly event: 'source.rejected';
      readonly source: string;
      readonly origin: string;
      readonly problem: string;
    }
  | {
      readonly event: 'rcc.conflict';
      readonly cluster: string;
      readonly used: string;
      readonly ignored: string;
    }
  | {
      readonly event: 'cluster.added';
      readonly cluster: string;
      readonly datastoreType: DatastoreType | null;
    }
  | { readonly event: 'cluster.removed'; readonly cluster: string }
  | { readonly event: 'cluster.reconfigured'; readonly cluster: string; readonly message: string }
  | {
      readonly event: 'cluster.status';
      readonly cluster: string;
      readonly status: Status;
      readonly reason: StatusReason;
      readonly message: string;
      readonly previous: Status | null;
    }
  | {
      /** The datastore does not even say who it is: nothing of it can be read. */
      readonly event: 'datastore.failed';
      readonly cluster: string;
      readonly datastore: DatastoreType;
      readonly reason: StatusReason;
      readonly message: string;
      readonly retryInMs: number;
      readonly attempt: number;
    }
  | {
      readonly event: 'resource.listed';
      readonly cluster: string;
      readonly datastore: DatastoreType;
      readonly resource: Resource;
      readonly objects: number;
      readonly durationMs: number;
      /** Why it was listed: the first time, or what made the watch unusable. */
      readonly cause: 'first' | 'relist' | 'again';
    }
  | {
      readonly event: 'resource.failed';
      readonly cluster: string;
      readonly datastore: DatastoreType;
      readonly resource: Resource;
      readonly reason: StatusReason;
      readonly message: string;
      readonly retryInMs: number;
      readonly attempt: number;
    }
  | {
      readonly event: 'resource.resumed';
      readonly cluster: string;
      readonly datastore: DatastoreType;
      readonly resource: Resource;
    }
  | {
      readonly event: 'object.skipped';
      readonly cluster: string;
      readonly resource: Resource;
      readonly where: string;
      readonly reason: string;
    }
  | { readonly event: 'budget.exceeded'; readonly cluster: string; readonly limit: number }
  | {
      readonly event: 'pools.overlap';
      readonly cluster: string;
      readonly message: string;
    }
  | {
      readonly event: 'controller.started';
      readonly output: 'endpointslices' | 'endpoints';
      readonly dryRun: boolean;
    }
  | {
      /** Something of the local cluster that the controller needs cannot be read; what it said before still holds. */
      readonly event: 'local.failed';
      readonly what: string;
      readonly message: string;
    }
  | {
      /** What the owner of a federated service must know; also an Event of the Service. */
      readonly event: 'service.warning';
      readonly namespace: string;
      readonly service: string;
      readonly reason: string;
      readonly message: string;
    }
  | ({ readonly event: 'write.accepted' } & WrittenObject)
  | ({ readonly event: 'write.planned' } & WrittenObject)
  | ({
      readonly event: 'write.refused';
      readonly problem: string;
      readonly message: string;
      readonly retryInMs: number;
      readonly attempt: number;
    } & WrittenObject)
  | { readonly event: 'kubernetes.events.failed'; readonly message: string }
  | { readonly event: 'leader.acquired'; readonly lease: string; readonly identity: string }
  | {
      /** Writing ended although nobody asked for it: the deadline passed, or another took the Lease. */
      readonly event: 'leader.lost';
      readonly lease: string;
      readonly identity: string;
      readonly message: string;
    }
  | { readonly event: 'leader.released'; readonly lease: string; readonly identity: string }
  | {
      /** Another holder is named in the Lease than before; null = nobody. Also told of the first one seen. */
      readonly event: 'leader.changed';
      readonly lease: string;
      readonly holder: string | null;
    }
  | {
      /** The Lease cannot be read or written. It is tried again. Told once, until it works or fails otherwise. */
      readonly event: 'lease.failed';
      readonly lease: string;
      readonly problem: 'forbidden' | 'failed';
      readonly message: string;
    }
  | { readonly event: 'lease.resumed'; readonly lease: string }
  | { readonly event: 'feed.started'; readonly feedAddress: string; readonly access: string }
  | {
      /** Files of the feed changed and what they hold now is in use. `what`: the options that name them. */
      readonly event: 'feed.access.loaded';
      readonly what: string;
      readonly message: string;
    }
  | {
      /** Files of the feed changed and are not usable: what they held before stays in use. */
      readonly event: 'feed.access.rejected';
      readonly what: string;
      readonly message: string;
    }
  | {
      /** The local cluster's API does not answer reviews: clients that need one get 503. */
      readonly event: 'feed.review.failed';
      readonly review: 'TokenReview' | 'SubjectAccessReview';
      readonly message: string;
    }
  | { readonly event: 'feed.review.resumed'; readonly review: 'TokenReview' | 'SubjectAccessReview' }
  | { readonly event: 'internal.error'; readonly message: string };

/** One object of the local cluster that is written for a service. */
interface WrittenObject {
  readonly namespace: string;
  readonly service: string;
  readonly kind: string;
  readonly op: string;
  readonly object: string;
}

/** Must not throw and must not block. */
export type Reporter = (event: DaemonEvent) => void;
