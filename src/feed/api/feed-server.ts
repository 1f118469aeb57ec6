import type { Server } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import type { FeedAccess } from '../access/feed-access.ts';
import type { FeedStore } from '../feed-store.ts';
import { Admission } from './admission.ts';
import { ApiDocuments } from './api-documents.ts';
import { ApiHandler } from './api-handler.ts';
import { drainBody } from './body-drain.ts';
import { ConnectionGuard } from './connection-guard.ts';
import { Exchange } from './exchange.ts';
import { FEED_LIMITS, type FeedLimits } from './feed-limits.ts';
import { apiRequest, type HttpRequest, type HttpResponse } from './http-message.ts';
import { createFeedHttpServer } from './http-server.ts';
import { type FeedAddress, FeedListenError, formatAddress, listenProblem } from './listen-address.ts';
import { ObjectsAnswer } from './objects-answer.ts';
import { type FeedServerStats, ServerCounters } from './server-counters.ts';

/** What the server reports of itself. No field ever holds a credential. */
export type FeedServerEvent =
  | { readonly event: 'feed.listening'; readonly address: string; readonly tls: boolean }
  | { readonly event: 'feed.closed' }
  /** A fault of ours: the client got 500, or a broken answer. */
  | { readonly event: 'feed.error'; readonly message: string };

export interface FeedServerParts {
  readonly store: FeedStore;
  readonly access: Pick<FeedAccess, 'authenticate' | 'authorize' | 'tls'>;
  readonly clock: Clock;
  /** Of fedsyncd. */
  readonly version: string;
  /** Whether every remote cluster was read once: what `/readyz` says. */
  readonly ready: () => boolean;
  /** Must not throw and must not block. */
  readonly report: (event: FeedServerEvent) => void;
  readonly limits?: Partial<FeedLimits> | undefined;
}

/**
 * The feed over HTTP: a read-only Kubernetes API. HTTP/1.1 without TLS; HTTP/1.1 and HTTP/2 with TLS. All that it holds is bounded
 * by its limits. Constructing starts nothing.
 */
export class FeedServer {
  readonly #parts: FeedServerParts;
  readonly #limits: FeedLimits;
  readonly #counters = new ServerCounters();
  readonly #guard: ConnectionGuard;
  readonly #admission: Admission;
  readonly #objects: ObjectsAnswer;
  readonly #handler: ApiHandler;
  #server: Server | undefined;
  #unfollow: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: FeedServerParts) {
    const { clock, store, access, version, ready } = parts;
    this.#parts = parts;
    this.#limits = { ...FEED_LIMITS, ...parts.limits };
    const shared = { clock, limits: this.#limits, counters: this.#counters };
    this.#guard = new ConnectionGuard(shared);
    this.#admission = new Admission(this.#limits, this.#counters);
    this.#objects = new ObjectsAnswer(store, this.#admission);
    this.#handler = new ApiHandler({
      store,
      access,
      documents: new ApiDocuments(version),
      objects: this.#objects,
      admission: this.#admission,
      ready,
      onError: (error) => this.#report(error),
    });
  }

  /** Resolves with the address that is bound, `host:port`. Rejects with FeedListenError. Once. */
  async listen(address: FeedAddress): Promise<string> {
    const { tls } = this.#parts.access;
    const { server, unfollow } = createFeedHttpServer({
      tls,
      limits: this.#limits,
      counters: this.#counters,
      guard: this.#guard,
      onRequest: (request, response) => {
        try {
          this.#onRequest(request, response);
        } catch (error) {
          // A connection that went away in this very moment cannot be asked who it was.
          this.#report(error);
          response.destroy();
        }
      },
    });
    const bound = await bind(server, address).catch((error: unknown) => {
      unfollow();
      throw error;
    });
    this.#server = server;
    this.#unfollow = unfollow;
    // What happens to the listening socket later does not end what is open.
    server.on('error', (error) => this.#report(error));
    this.#parts.report({ event: 'feed.listening', address: bound, tls: tls !== undefined });
    return bound;
  }

  /** Takes no more connections, ends the watches, lets answers under way finish for a short time, then cuts. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): FeedServerStats {
    return {
      connections: this.#guard.connections,
      requestsInFlight: this.#admission.requests,
      watches: this.#admission.watches,
      ...this.#counters.totals(),
    };
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    this.#unfollow?.();
    this.#objects.endWatches();
    this.#guard.closeSessions();
    const stopTimer = this.#parts.clock.after(this.#limits.closeMs, () => this.#guard.destroyAll());
    await promise;
    stopTimer();
    this.#parts.report({ event: 'feed.closed' });
  }

  #onRequest(request: HttpRequest, response: HttpResponse): void {
    const read = apiRequest(request);
    if (!read.isHttp2 && !this.#guard.answering(request.socket, response)) return;
    const exchange = new Exchange({
      request: read,
      response,
      clock: this.#parts.clock,
      limits: this.#limits,
      counters: this.#counters,
      isLast: read.hasBody || read.lacksHost || this.#closing !== undefined,
    });
    request.on('error', () => undefined);
    drainBody(request, this.#limits.bodyBytes, () => {
      this.#counters.rejected('body');
      exchange.cut();
    });
    this.#handler.serve(exchange).catch((error: unknown) => {
      this.#report(error);
      exchange.cut();
    });
  }

  #report(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.report({ event: 'feed.error', message });
  }
}

async function bind(server: Server, { host, port }: FeedAddress): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new FeedListenError(`cannot listen at ${formatAddress(host, port)}: ${listenProblem(error)}`, {
      cause: error,
    });
  } finally {
    server.off('error', reject);
  }
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new FeedListenError('the feed has no address');
  return formatAddress(bound.address, bound.port);
}
