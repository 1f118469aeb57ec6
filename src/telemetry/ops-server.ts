import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Reporter } from '../contract/event.ts';
import { answer, json } from './ops-routes.ts';
import type { Answer, OpsContext } from './ops-routes.ts';

const MAX_URL = 2048;
const MAX_CONNECTIONS = 128;
const TIMEOUT_MS = 10_000;

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  /** 0 = the system chooses. */
  readonly port: number;
}

/** Cannot listen at the address; the message says where and why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/**
 * Metrics, health, status and the status page over HTTP. Answers GET and HEAD only. What it holds is bounded: headers
 * of 8 KiB, 128 connections, 10 s for a request.
 */
export class OpsServer {
  readonly #server: Server;

  constructor(context: OpsContext, report: Reporter) {
    this.#server = createServer(
      {
        maxHeaderSize: 8192,
        headersTimeout: TIMEOUT_MS,
        requestTimeout: TIMEOUT_MS,
        keepAliveTimeout: TIMEOUT_MS,
        connectionsCheckingInterval: TIMEOUT_MS / 2,
      },
      (request, response) => {
        respond(context, request, response).catch((error: unknown) => {
          report({ event: 'internal.error', message: `ops server: ${String(error)}` });
          if (!response.headersSent) send(request, response, json(500, { error: 'internal error' }));
          else response.destroy();
        });
      },
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.timeout = TIMEOUT_MS * 3;
  }

  /** Resolves with the address that is bound, `host:port`. Rejects with ListenError. */
  async listen({ host, port }: ListenAddress): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const server = this.#server;
    server.once('error', reject);
    server.listen({ host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ListenError(`cannot listen at ${format(host, port)}: ${LISTEN_PROBLEMS[code] ?? code}`, {
        cause: error,
      });
    } finally {
      server.off('error', reject);
    }
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new ListenError('the ops server has no address');
    return format(bound.address, bound.port);
  }

  /** Frees the address and cuts connections that are open. May be called twice. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EACCES: 'no permission for this port',
  EADDRNOTAVAIL: 'no interface has this address',
  ENOTFOUND: 'the host name does not resolve',
};

function format(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

async function respond(
  context: OpsContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body is never wanted; one that comes along must not stop the connection.
  request.resume();
  const url = request.url ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(request, response, json(405, { error: 'only GET and HEAD are answered' }));
  } else if (url.length > MAX_URL) {
    send(request, response, json(414, { error: `the URL is longer than ${MAX_URL} characters` }));
  } else {
    const question = url.indexOf('?');
    const path = question < 0 ? url : url.slice(0, question);
    const query = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
    send(request, response, await answer(context, path, query));
  }
}

function send(request: IncomingMessage, response: ServerResponse, answered: Answer): void {
  response.writeHead(answered.status, {
    'content-type': answered.contentType,
    'content-length': Buffer.byteLength(answered.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': answered.contentSecurityPolicy ?? "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(request.method === 'HEAD' ? undefined : answered.body);
}
