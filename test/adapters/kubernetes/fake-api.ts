import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void;

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';
export const PROTOBUF_WATCH = 'application/vnd.kubernetes.protobuf;stream=watch';

/** An API server over HTTP/1.1 that answers whatever a test wants. Paths without a handler get 404. */
export class FakeApi {
  /** `/api/v1/pods?limit=2000`, in order. */
  readonly requests: string[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://fake');
      this.requests.push(request.url ?? '');
      const handler = this.#handlers.get(url.pathname);
      if (handler === undefined) status(response, 404, 'NotFound');
      else handler(url.searchParams, response, request);
    });
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  off(path: string): void {
    this.#handlers.delete(path);
  }

  /** Requests of that path, in order. */
  asked(path: string): string[] {
    return this.requests.filter((request) => request.split('?')[0] === path);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export function send(response: ServerResponse, type: string, body: Uint8Array | string): void {
  response.writeHead(200, { 'content-type': type }).end(body);
}

/** Starts a body that stays open. */
export function open(response: ServerResponse, type: string, body: Uint8Array | string): void {
  response.writeHead(200, { 'content-type': type });
  response.write(body);
}

export function json(response: ServerResponse, value: unknown): void {
  send(response, 'application/json', JSON.stringify(value));
}

export function status(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', code, reason, message: `${reason} it is` }));
}
