import { createServer as createHttp1Server } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createSecureServer, createServer as createHttp2Server } from 'node:http2';
import type { Http2ServerRequest, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** PEM texts. With `ca` clients must show a certificate that it signed. */
export interface ServerTls {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
}

export type Request = IncomingMessage | Http2ServerRequest;
/** What the responses of HTTP/1.1 and HTTP/2 have in common, as far as it is used. */
export interface Response {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  /** HTTP/1.1 only: HTTP/2 sends the head at once. */
  flushHeaders?(): void;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array | string): unknown;
  on(event: 'drain' | 'close' | 'error', run: () => void): unknown;
  once(event: 'drain' | 'close', run: () => void): unknown;
  off(event: 'drain' | 'close', run: () => void): unknown;
}

/** What answers: requests of HTTP/1.1 and HTTP/2, or bare HTTP/2 streams (gRPC). */
export type Handler =
  | { readonly type: 'requests'; readonly handle: (request: Request, response: Response) => void }
  | {
      readonly type: 'streams';
      readonly handle: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
    };

/** A protocol server that does not listen itself. */
interface ConnectionTaker {
  emit(event: 'connection', socket: Socket): boolean;
}

/** Long-lived streams in parallel on one HTTP/2 connection. */
const MAX_STREAMS = 1000;
const HTTP2_PREFACE = 'PRI * HTTP/2';

/**
 * One port on 127.0.0.1 that speaks HTTP/1.1 and HTTP/2 (h2c with prior knowledge, or TLS with ALPN), with the faults
 * that a remote server can have. The port stays the same over stop and start.
 */
export class Listener {
  readonly #protocols: readonly ConnectionTaker[];
  readonly #tls: boolean;
  readonly #sockets = new Set<Socket>();
  /** Accepted while frozen: handed on when that ends. */
  readonly #held = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #frozen = false;

  constructor(handler: Handler, tls: ServerTls | undefined) {
    this.#tls = tls !== undefined;
    this.#protocols = tls ? [secureServer(handler, tls)] : plainServers(handler);
  }

  /** 0 until the first start. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get listening(): boolean {
    return this.#server !== undefined;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens; on the same port again after a stop. Rejects where the port is taken. */
  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(this.#port, '127.0.0.1', () => {
      this.#port = (server.address() as AddressInfo).port;
      resolve();
    });
    try {
      await promise;
    } catch (error) {
      this.#server = undefined;
      throw error;
    }
  }

  /** Refuses connections from now on and cuts the open ones. May be called twice. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    this.cut();
    await promise;
  }

  /** Resets every open connection; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Accepts connections but reads nothing, as a stopped process does; not even a PING is answered. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) setReading(socket, false);
  }

  unfreeze(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) if (!this.#held.has(socket)) setReading(socket, true);
    for (const socket of this.#held) this.#dispatch(socket);
    this.#held.clear();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#held.delete(socket);
    });
    if (this.#frozen) this.#held.add(socket);
    else this.#dispatch(socket);
  }

  #dispatch(socket: Socket): void {
    const [http1, http2] = this.#protocols;
    if (http2 === undefined) {
      http1?.emit('connection', socket);
      return;
    }
    // The first bytes tell the protocol; they are put back for the parser.
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      const isHttp2 = HTTP2_PREFACE.startsWith(first.toString('latin1', 0, HTTP2_PREFACE.length));
      socket.unshift(first);
      (isHttp2 ? http2 : http1)?.emit('connection', socket);
    });
  }
}

function plainServers(handler: Handler): ConnectionTaker[] {
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: MAX_STREAMS } });
  http2.on('sessionError', () => undefined);
  if (handler.type === 'streams') {
    http2.on('stream', handler.handle);
    return [http2];
  }
  http2.on('request', handler.handle);
  const http1 = createHttp1Server({ requestTimeout: 0, keepAliveTimeout: 0 }, handler.handle);
  return [http1, http2];
}

function secureServer(handler: Handler, tls: ServerTls): ConnectionTaker {
  const server = createSecureServer({
    key: tls.key,
    cert: tls.cert,
    ...(tls.ca === undefined ? {} : { ca: tls.ca, requestCert: true, rejectUnauthorized: true }),
    allowHTTP1: handler.type === 'requests',
    settings: { maxConcurrentStreams: MAX_STREAMS },
  });
  server.on('sessionError', () => undefined);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  if (handler.type === 'streams') server.on('stream', handler.handle);
  else server.on('request', handler.handle);
  return server;
}

/**
 * Stops or resumes reading below every protocol layer. HTTP/2 sessions read from the socket's handle and not from
 * the stream, so that pause() has no effect on them; the handle is not public, hence the careful look.
 */
function setReading(socket: Socket, reading: boolean): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const method: unknown = Reflect.get(handle, reading ? 'readStart' : 'readStop');
  if (typeof method === 'function') Reflect.apply(method, handle, []);
}
