import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FeedTls } from '../access/feed-tls.ts';
import type { ConnectionGuard } from './connection-guard.ts';
import type { FeedLimits } from './feed-limits.ts';
import type { HttpRequest, HttpResponse } from './http-message.ts';
import type { ServerCounters } from './server-counters.ts';

export interface HttpServerParts {
  /** undefined = plain HTTP/1.1. */
  readonly tls: FeedTls | undefined;
  readonly limits: FeedLimits;
  readonly counters: ServerCounters;
  readonly guard: ConnectionGuard;
  readonly onRequest: (request: HttpRequest, response: HttpResponse) => void;
}

/** More headers than any client of the API sends. */
const MAX_HEADERS = 100;
/** Streams that a client gives up at once, and per second in the long run; beyond, its connection is closed. */
const RESET_BURST = 300;
const RESET_RATE = 30;
const MAX_INVALID_FRAMES = 100;
/** Of one HTTP/2 connection, in megabytes, mostly answers that the client has not taken yet. */
const SESSION_MEGABYTES = 32;
/** For the table of headers that both sides remember, in bytes. */
const HEADER_TABLE_BYTES = 4096;

/** A server that does not listen yet. With `unfollow` it stops to follow the files of its certificate. */
export function createFeedHttpServer(parts: HttpServerParts): {
  readonly server: Server;
  readonly unfollow: () => void;
} {
  const { tls, guard, counters, limits, onRequest } = parts;
  const server = tls === undefined ? createServer(httpOptions(limits)) : secureServer(parts, tls);
  server.maxConnections = limits.connections;
  server.on('connection', (socket: Socket) => guard.connected(socket));
  server.on('drop', () => counters.rejected('connections'));
  server.on('clientError', (error: Error, socket: Duplex) => guard.refused(error, socket));
  server.on('request', onRequest);
  // No `100 Continue`: the body is not wanted. An expectation of any other sort is not looked at.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  // HTTP/1.1 gives the connection, HTTP/2 an answer as for any other request.
  server.on('connect', (request: HttpRequest, tunnel: Duplex | HttpResponse) => {
    if ('writeHead' in tunnel) onRequest(request, tunnel);
    else guard.refusedTunnel(tunnel);
  });
  return {
    server,
    unfollow: tls?.follow(server as Parameters<FeedTls['follow']>[0]) ?? ((): void => undefined),
  };
}

function secureServer({ counters, guard, limits }: HttpServerParts, tls: FeedTls): Server {
  const server = createSecureServer({
    ...httpOptions(limits),
    ...tls.serverOptions(),
    allowHTTP1: true,
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      headerTableSize: HEADER_TABLE_BYTES,
      enablePush: false,
    },
    maxHeaderListPairs: MAX_HEADERS,
    maxSessionMemory: SESSION_MEGABYTES,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESET_RATE,
  });
  server.on('session', (session: ServerHttp2Session) => guard.session(session));
  // The session closes by itself.
  server.on('sessionError', () => undefined);
  server.on('tlsClientError', (_error: Error, socket: Socket) => {
    counters.rejected('tls');
    socket.destroy();
  });
  return server;
}

function httpOptions(limits: FeedLimits): object {
  return {
    maxHeaderSize: limits.headerBytes,
    // Looked at later: Node would answer without a Status.
    requireHostHeader: false,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.headersMs * 3,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.max(100, limits.headersMs / 4),
    keepAlive: true,
    noDelay: true,
  };
}
