import type { JsonObject } from '../model/json-field.ts';

/** A collection of the local cluster's API, or the part of it that selectors choose. */
export interface LocalCollection {
  /** `/apis/discovery.k8s.io/v1/endpointslices` (all namespaces) or `…/namespaces/shop/endpointslices`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** For messages: `our EndpointSlices`. */
  readonly what: string;
}

export type LocalChange =
  | { readonly op: 'put'; readonly object: JsonObject }
  | { readonly op: 'delete'; readonly namespace: string; readonly name: string; readonly uid: string };

/** Takes what a collection holds. Must not throw and must not block. */
export interface LocalObserver {
  /**
   * A complete list: what is not in it is gone, unless it is known in a state newer than `revision`, the list's. Called
   * first, and again whenever the watch had to start anew.
   */
  listed(objects: readonly JsonObject[], revision?: string): void;
  /** None at all says only that what failed before is being followed again. */
  changed(changes: readonly LocalChange[]): void;
  /** It cannot be read now; it is tried again. What was told stays true till then. */
  failed(message: string): void;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Milliseconds; then the write rejects with `failed`, and whether it was done is not known. */
  readonly timeoutMs: number;
}

/**
 * Why a write was not done. `conflict`: another resourceVersion or UID is there · `exists`: the name is taken ·
 * `not-found`: object or namespace are gone (or the namespace is being deleted: `terminating`) · `invalid`: the server refuses the content for good ·
 * `throttled`: 429, try later · `forbidden`: 401 and 403 · `absent`: the API itself is not served · `failed`: 5xx, timeout or no
 * connection; it may have been done all the same.
 */
export type WriteProblem =
  | 'conflict'
  | 'exists'
  | 'not-found'
  | 'terminating'
  | 'invalid'
  | 'throttled'
  | 'forbidden'
  | 'absent'
  | 'failed';

/** The outcome of a write that was not accepted. The message names verb, object and the server's reason; no credential. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
  readonly problem: WriteProblem;
  /** What the server asked for by Retry-After. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: WriteProblem, message: string, retryAfterMs?: number) {
    super(message);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Reads and writes of objects of the local cluster, in their JSON form. For what the controllers own; remote data never
 * goes through it. Lists and `follow` leave `metadata.managedFields` out. Reads reject with DatastoreError, writes with WriteError, both with the signal's reason when it aborts.
 */
export interface LocalApi {
  /** `https://10.0.0.1:6443`, for messages. */
  readonly server: string;
  /** undefined = 404. */
  get(path: string, signal: AbortSignal): Promise<JsonObject | undefined>;
  /** One complete, current list. */
  list(collection: LocalCollection, signal: AbortSignal): Promise<readonly JsonObject[]>;
  /** Lists and watches for ever, with back-off after failures. Resolves when the signal aborts; never rejects. */
  follow(collection: LocalCollection, observer: LocalObserver, signal: AbortSignal): Promise<void>;
  /** POST to the collection's path. Answers the object as accepted. */
  create(path: string, object: JsonObject, options: WriteOptions): Promise<JsonObject>;
  /** PUT of the whole object; `metadata.resourceVersion` is the precondition. */
  replace(path: string, object: JsonObject, options: WriteOptions): Promise<JsonObject>;
  /** JSON merge patch (RFC 7386): what it does not name stays. `metadata.resourceVersion` in it is the precondition. */
  merge(path: string, patch: JsonObject, options: WriteOptions): Promise<JsonObject>;
  /** DELETE with preconditions. */
  remove(
    path: string,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
    options: WriteOptions,
  ): Promise<void>;
}
