/** One GET of the Kubernetes API. */
export interface KubeRequest {
  /** Path and query: `/api/v1/pods?limit=2000`. */
  readonly path: string;
  /** The Accept header; default `application/json`. */
  readonly accept?: string;
  /** Ends the request and its body at any time. */
  readonly signal: AbortSignal;
}

/** One request that changes something. */
export interface KubeWrite extends KubeRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** JSON text. */
  readonly body: string;
  /** `application/json`, or the kind of patch: `application/merge-patch+json`. */
  readonly contentType: string;
}

/** Takes the chunks of a body. What it throws ends the reading. */
export interface ChunkTaker {
  /** A chunk, to be used during the call or kept. False = stop for now. */
  take(chunk: Uint8Array): boolean;
  /** Called after the chunks that arrived together: what they gave can go on as one batch. */
  turn(): void;
}

export interface ResponseBody extends AsyncIterable<Uint8Array> {
  /**
   * The fast way to read: no promise for each chunk. Resolves with true where the taker stopped, then it may be called
   * again for the rest, and with false at the end. Rejects as the iterator does, or with what the taker threw.
   */
  read(taker: ChunkTaker): Promise<boolean>;
}

export interface KubeResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it arrives; rejects with a DatastoreError when the connection breaks. Must be read or the signal aborted. */
  readonly body: ResponseBody;
}

/**
 * The connection to one Kubernetes API server: addresses, TLS, proxy, credentials. It resolves for every HTTP status;
 * it rejects with a DatastoreError when there is no answer, or a success that is compressed. A 401 is tried once more with fresh credentials first.
 */
export interface KubeTransport {
  /** `https://10.0.0.1:6443`, for messages. */
  readonly server: string;
  get(request: KubeRequest): Promise<KubeResponse>;
  /**
   * Reaches the server's handler at most once: it goes out again by itself only where the server surely did not handle it
   * (it refused the credentials, or the stream). Where this rejects, it may have been done all the same.
   */
  send(request: KubeWrite): Promise<KubeResponse>;
  /** Called at each sign of life of the connection itself (HTTP/2 PING answered). Returns the way to stop. */
  onContact(listener: () => void): () => void;
  close(): Promise<void>;
}
