import type { KubeResponse, KubeWrite } from './transport.ts';

export interface LinkRequest {
  /** With the server's base path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly signal: AbortSignal;
  /** undefined = a GET. */
  readonly write?: LinkWrite | undefined;
}

export type LinkWrite = Pick<KubeWrite, 'method' | 'body' | 'contentType'>;

export interface LinkResponse extends KubeResponse {
  /** Gives the answer up without reading it. */
  discard(): void;
}

/** One way to the server, over which requests go: an HTTP/2 session or a pool of HTTP/1.1 connections. */
export interface Link {
  /** False once no new request can go over it; those under way may still finish. */
  readonly usable: boolean;
  /** Nothing of it is left: neither requests nor sockets. */
  readonly done: boolean;
  /** Rejects with a DatastoreError, NotSent, or the signal's reason. */
  request(request: LinkRequest): Promise<LinkResponse>;
  /** No new requests; frees itself when those under way are done. */
  retire(): void;
  /** Cuts everything off. */
  destroy(): void;
}

/**
 * The server did not handle the request, or it is a GET that may not have been: sending it again over a new connection is
 * safe and sensible.
 */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}
