import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { IssuedCertificate } from '../../rig/certificates.ts';

export type Incoming = IncomingMessage | Http2ServerRequest;
export type Outgoing = ServerResponse | Http2ServerResponse;
export type Handler = (request: Incoming, response: Outgoing) => void;

export interface ApiServerOptions {
  readonly protocol: 'h2' | 'https' | 'http';
  readonly certificate?: IssuedCertificate;
  /** Ask for client certificates of this CA. */
  readonly clientCa?: string;
  readonly handler: Handler;
}

/** A real server of Node's on loopback that counts its connections. */
export class ApiServer {
  readonly sessions = new Set<ServerHttp2Session>();
  readonly sockets = new Set<Socket>();
  /** All TCP connections there ever were. */
  connections = 0;
  readonly #server: Server;
  readonly #protocol: ApiServerOptions['protocol'];

  private constructor(server: Server, protocol: ApiServerOptions['protocol']) {
    this.#server = server;
    this.#protocol = protocol;
    server.on('connection', (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.on('error', () => {});
      session.once('close', () => this.sessions.delete(session));
    });
  }

  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const { certificate, clientCa, handler } = options;
    const tls = {
      ...(certificate !== undefined && { cert: certificate.cert, key: certificate.key }),
      ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
    };
    const server =
      options.protocol === 'h2'
        ? createSecureServer(tls, handler)
        : options.protocol === 'https'
          ? createHttps(tls, handler)
          : createHttp(handler);
    server.on('error', () => {});
    const api = new ApiServer(server, options.protocol);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#protocol === 'http' ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Answers with JSON, whatever was asked. */
export function json(response: Outgoing, status: number, body: unknown): void {
  const anyResponse = response as ServerResponse;
  anyResponse.writeHead(status, { 'content-type': 'application/json' });
  anyResponse.end(JSON.stringify(body));
}
