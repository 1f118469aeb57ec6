import type { Resource } from '../model/kind.ts';
import type { DatastoreType } from '../model/rcc.ts';
import type { Delta } from '../model/delta.ts';

/** A resume point of one resource of one datastore. Opaque: never compared across resources or clusters. */
export type Revision = string;

/**
 * Where a datastore delivers, and how it shows signs of life. Synchronous: a call returns when the batch is in the
 * index, so there is no queue between the wire and the index that could grow.
 */
export interface StreamSink {
  /** Some deltas in the order of the source. */
  apply(deltas: readonly Delta[]): void;
  /** The watch may resume after `revision`. Called after the `apply` of all that it covers. */
  progress(revision: Revision): void;
  /** Bookmark, progress notification, answered ping: the peer is alive although nothing changed. */
  contact(): void;
}

/**
 * A stream that began as a list and goes on as a watch (Kubernetes WatchList). Resolves when the server ends it
 * in the ordinary way; rejects with a DatastoreError. Must be run, or the list's signal aborted.
 */
export type WatchTail = (sink: StreamSink, signal: AbortSignal) => Promise<void>;

export interface ListOutcome {
  /** Where a watch starts that continues this list without a gap. */
  readonly revision: Revision;
  /** Present where the list's own stream goes on as the watch. */
  readonly tail?: WatchTail;
  /**
   * How the list was complete. `absent`: the resource does not exist there (CRD or API missing): empty and in
   * sync, to be looked at again after `retryAfterMs`. No watch follows.
   */
  readonly absent?: { readonly retryAfterMs: number };
  /** A plain sentence where another resource serves instead (core/v1 Endpoints for EndpointSlices). */
  readonly note?: string;
}

/**
 * One connection to one datastore of a remote cluster, made by an adapter. It holds no objects: state is in the
 * index, resume points are in the reflector. All methods reject with DatastoreError (or the signal's reason).
 */
export interface Datastore {
  readonly type: DatastoreType;
  /** What this datastore offers; the session runs one reflector for each. */
  readonly resources: readonly Resource[];
  /**
   * Who is there: strings such as `kubernetes:<uid of kube-system>`, `calico:<clusterGUID>`, `etcd:<cluster id>`.
   * Two datastores that share one are the same cluster. What may not be read is left out.
   */
  identify(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Delivers everything there is at one revision, through `sink.apply`, in any number of batches.
   * `notOlderThan` is the last revision seen: the answer must not be older (never a stale cache).
   */
  list(request: StreamRequest): Promise<ListOutcome>;
  /** Delivers what changes after `revision`. Resolves when the server ends the stream in the ordinary way. */
  watch(request: StreamRequest & { readonly revision: Revision }): Promise<void>;
  /** Frees sockets and timers. May be called twice; every call under way rejects. */
  close(): Promise<void>;
}

export interface StreamRequest {
  readonly resource: Resource;
  readonly sink: StreamSink;
  readonly signal: AbortSignal;
  /** For a list: the last revision seen, if any. */
  readonly notOlderThan?: Revision | undefined;
}
