import type { FeedView } from './feed-object.ts';
import type { FeedPlural } from './feed-resource.ts';
import type { StatusDetails } from './objects/status-object.ts';

/** The form in which objects are answered. */
export interface FeedEncoding {
  /** `protobuf` only where `FeedResource.protobuf` is set, and never for a table. */
  readonly wire: 'json' | 'protobuf';
  /** `metadata` = PartialObjectMetadata of meta.k8s.io/v1; `table` = Table of meta.k8s.io/v1. */
  readonly form: 'object' | 'table' | 'metadata';
  /** What the rows of a table carry: parameter `includeObject`. Means nothing for the other forms. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
}

/** What every request names: which collection, as seen where, in which form. */
export interface FeedTarget {
  readonly resource: FeedPlural;
  readonly view: FeedView;
  /** undefined = all namespaces, or a resource without namespaces. */
  readonly namespace: string | undefined;
  readonly encoding: FeedEncoding;
}

/** What a list or watch is narrowed to, as it stands in the request; '' = not given. */
export interface FeedNarrowing {
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

/** Parameters that name a revision, as they stand in the request; '' = not given. */
export interface FeedRevisions {
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
}

export interface GetRequest extends FeedTarget {
  /** `metadata.name` as the view shows it. */
  readonly name: string;
  readonly resourceVersion: string;
}

export interface ListRequest extends FeedTarget, FeedNarrowing, FeedRevisions {
  /** 0 = all at once. */
  readonly limit: number;
  /** A token of an earlier page, '' = from the start. */
  readonly continue: string;
  /** Only a watch may set it: a list that does is a bad request. */
  readonly sendInitialEvents: boolean | undefined;
}

export interface WatchRequest extends FeedTarget, FeedNarrowing, FeedRevisions {
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** After which the watch ends by itself; undefined or 0 = the store chooses between 30 and 60 minutes. */
  readonly timeoutSeconds: number | undefined;
}

/** Why there is no answer: the fields of a `Status` of the Kubernetes API. */
export interface FeedFailure {
  readonly state: 'failed';
  /** Of the HTTP response and of the Status. */
  readonly code: 400 | 404 | 410 | 422 | 429 | 503;
  readonly reason:
    'BadRequest' | 'NotFound' | 'Expired' | 'Invalid' | 'TooManyRequests' | 'ServiceUnavailable';
  /** For people; holds no secret, and nothing of another cluster. */
  readonly message: string;
  /** `details` of the Status; undefined = none. */
  readonly details?: StatusDetails;
}

/** One object as a complete response body. */
export interface FeedBody {
  readonly state: 'ok';
  readonly body: Uint8Array;
}

/** A reader took so long that others could read no more. */
export class SlowReaderError extends Error {
  override readonly name = 'SlowReaderError';
}

/** A list as a response body in pieces. */
export interface FeedList {
  readonly state: 'ok';
  /**
   * The body: to be read to its end, or given up by `return()` (a `for await` that is left does so), which frees the snapshot
   * behind it. Made as it is read, with turns for the event loop, so a reader that waits costs one piece. A piece is
   * some 64 KiB and belongs to the reader. Rejects with the signal's reason when that aborts, and with SlowReaderError when
   * the reader has to make room to others.
   */
  readonly pieces: AsyncGenerator<Uint8Array, void, void>;
}

/** Where the events of a watch go. */
export interface WatchSink {
  /**
   * Takes whole events, framed as the encoding wants. The bytes are shared with other watchers: they must not be changed.
   * Returns false when it is full; nothing more comes then before `Watch.resume()`, but for the last words of
   * a watch that is cut off. Must not throw, and must not call back into the watch.
   */
  write(bytes: Uint8Array): boolean;
  /** Called once; nothing more comes. Where `why` is `slow` nobody reads, so that the connection is to be destroyed. */
  end(why: WatchEnd): void;
}

export type WatchEnd =
  /** `timeoutSeconds` are over. */
  | 'timeout'
  /** The cluster of the view is gone; everything of it was told as deleted. */
  | 'removed'
  /** The revision is not known (any more): an ERROR event with code 410 was written. */
  | 'expired'
  /** As `expired`, but the consumer did not read even that within the grace period. */
  | 'slow'
  /** The feed stops. */
  | 'stopped'
  /** A fault of the feed, which is in the log: the connection is to be destroyed. */
  | 'failed';

export interface Watch {
  readonly state: 'ok';
  /** The sink can take more. May be called at any time, also after the end. */
  resume(): void;
  /** The consumer is gone. `end` is not called any more. May be called twice. */
  close(): void;
}

/** Numbers for metrics. Those that end in `Total` only grow. */
export interface FeedStats {
  readonly watches: Readonly<Record<FeedPlural, number>>;
  readonly ringEvents: number;
  readonly ringBytes: number;
  /** Lists under way and continue tokens that live: each holds a snapshot. */
  readonly snapshots: number;
  /** Nobody has asked for some time: no history is kept. */
  readonly dormant: boolean;
  readonly changesTotal: number;
  readonly eventsTotal: number;
  /** Bytes encoded for watchers, each once, however many read them. */
  readonly encodedBytesTotal: number;
  readonly watchesEndedTotal: Readonly<Record<WatchEnd, number>>;
  /** Continue tokens that were given up before they were 60 s unused. */
  readonly snapshotsDroppedTotal: number;
}

/** The objects of the feed with their history: everything that the HTTP side answers from. */
export interface FeedStore {
  /** Of the feed now; every list and object has one that is not above it. */
  readonly resourceVersion: string;
  /** Whether `/clusters/NAME/` exists. */
  hasCluster(name: string): boolean;
  /** An object by its name in the view. NotFound also for a cluster that is not there. */
  get(request: GetRequest): Promise<FeedBody | FeedFailure>;
  /** Resolves as soon as the first piece can be made. Frees everything when `signal` aborts. */
  list(request: ListRequest, signal: AbortSignal): Promise<FeedList | FeedFailure>;
  /**
   * Starts a watch; the first bytes come in a later turn of the event loop. Fails only for requests that are wrong in themselves: a revision that is not
   * known (any more) is told as the API server does it, by an ERROR event in the stream.
   */
  watch(request: WatchRequest, sink: WatchSink): Promise<Watch | FeedFailure>;
  stats(): FeedStats;
}
