import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../runtime/clock.ts';
import { badRequest, headersTooLarge, methodNotAllowed, requestTimeout } from './api-status.ts';
import { jsonBody } from './exchange.ts';
import type { FeedLimits } from './feed-limits.ts';
import type { HttpResponse } from './http-message.ts';
import type { ServerCounters } from './server-counters.ts';
import { type FailureStatus, statusJson } from '../objects/status-object.ts';

/** A dead peer is noticed by probes of the kernel from so long on. */
const PROBE_MS = 30_000;
/** Requests of one HTTP/1.1 connection that wait for their answers; no client of the API sends the next before it has the last. */
const MAX_PIPELINED = 32;
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

export interface GuardParts {
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly counters: ServerCounters;
}

/** Watches over the connections: knows all that are open, closes idle ones, answers what the parser refuses. */
export class ConnectionGuard {
  readonly #parts: GuardParts;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  /** HTTP/1.1 connections, with how many answers are under way: nothing else may be written then. */
  readonly #answering = new WeakMap<object, number>();
  /** What came after the last request was no request: the answers under way are the last. */
  readonly #broken = new WeakSet<object>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setKeepAlive(true, PROBE_MS);
    socket.setNoDelay(true);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** An HTTP/2 connection lives as long as it has streams; without any it is closed after some time. */
  session(session: ServerHttp2Session): void {
    const { clock, limits, counters } = this.#parts;
    counters.connections.h2++;
    this.#sessions.add(session);
    let streams = 0;
    const closeAfter = (ms: number): (() => void) => clock.after(ms, () => this.#closeSession(session));
    let stopTimer = closeAfter(limits.headersMs);
    session.on('stream', (stream) => {
      stopTimer();
      streams++;
      stream.once('close', () => {
        streams--;
        if (streams === 0 && this.#sessions.has(session)) stopTimer = closeAfter(limits.keepAliveMs);
      });
    });
    session.once('close', () => {
      stopTimer();
      this.#sessions.delete(session);
    });
  }

  /** An HTTP/1.1 answer begins. False: the connection has too many already, and is cut. */
  answering(socket: Socket, response: HttpResponse): boolean {
    const before = this.#answering.get(socket);
    if (before !== undefined && before >= MAX_PIPELINED) {
      if (!socket.destroyed) this.#parts.counters.rejected('pipelined');
      socket.destroy();
      return false;
    }
    // Its first request.
    if (before === undefined) this.#parts.counters.connections['http/1.1']++;
    this.#answering.set(socket, (before ?? 0) + 1);
    response.on('close', () => {
      const left = (this.#answering.get(socket) ?? 1) - 1;
      this.#answering.set(socket, left);
      if (left === 0 && this.#broken.has(socket)) socket.destroySoon();
    });
    return true;
  }

  /** What the parser of HTTP/1.1 refused: a Status, and the end of the connection. */
  refused(error: Error, socket: Duplex): void {
    const { counters, limits } = this.#parts;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNRESET' || code === 'EPIPE' || !socket.writable) {
      socket.destroy();
      return;
    }
    if (this.#broken.has(socket)) return;
    const status = refusal(code, limits);
    counters.rejected(status.code === 431 ? 'headers' : status.code === 408 ? 'timeout' : 'malformed');
    this.#dismiss(socket, status);
  }

  /** CONNECT of HTTP/1.1: a tunnel that nobody opens. */
  refusedTunnel(socket: Duplex): void {
    socket.on('error', () => undefined);
    this.#dismiss(socket, methodNotAllowed('CONNECT'));
  }

  /** A Status as the last words, unless there are answers under way: then they are the last. */
  #dismiss(socket: Duplex, status: FailureStatus): void {
    if ((this.#answering.get(socket) ?? 0) > 0) {
      this.#broken.add(socket);
      return;
    }
    this.#parts.counters.answered('other', '', status.code);
    const body = jsonBody(statusJson(status), false);
    const head = [
      `HTTP/1.1 ${status.code} ${REASONS[status.code] ?? ''}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Cache-Control: no-cache, private',
      'Connection: close',
    ];
    // Who sends on and does not read must not keep the connection.
    socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]), () => socket.destroy());
  }

  /** Says goodbye to all HTTP/2 connections: streams that are open may end. */
  closeSessions(): void {
    for (const session of this.#sessions) if (!session.closed) session.close();
  }

  destroyAll(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #closeSession(session: ServerHttp2Session): void {
    if (!session.closed) session.close();
    // A peer that does not answer keeps nothing open.
    const stopTimer = this.#parts.clock.after(this.#parts.limits.headersMs, () => session.destroy());
    session.once('close', stopTimer);
  }
}

function refusal(code: string | undefined, limits: FeedLimits): FailureStatus {
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return headersTooLarge(limits.headerBytes);
  }
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? requestTimeout() : badRequest('the request is not HTTP/1.1');
}
