import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { connectionError, ConnectionError } from './connection-error.ts';
import { dial } from './dial.ts';
import type { DialOptions } from './dial.ts';
import type { Endpoint } from './endpoint.ts';
import { GrpcCall } from './grpc-call.ts';
import type { CallOptions } from './grpc-call.ts';

/** etcd refuses pings more often than every 5 s, and any while no call is open. */
const PING_EVERY_MS = 15_000;
const PING_TIMEOUT_MS = 10_000;
/**
 * How much may be under way to us, of all calls together: little by default, since every cluster has it; much during lists, or a slow
 * link would crawl. A single call may take it all.
 */
const CALM_WINDOW = 1 << 20;
const BULK_WINDOW = 16 << 20;

/** One HTTP/2 connection to one endpoint that carries gRPC calls. `ended` tells when it can carry no more. */
export class GrpcSession {
  readonly endpoint: Endpoint;
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  readonly #calls = new Set<GrpcCall>();
  #failure: ConnectionError | undefined;
  #bulk = 0;
  #stopPing: () => void = () => undefined;

  private constructor(endpoint: Endpoint, session: ClientHttp2Session, clock: Clock) {
    this.endpoint = endpoint;
    this.#session = session;
    this.#clock = clock;
    session.on('error', (error) => this.#fail(connectionError(endpoint, error)));
    session.on('close', () => this.#lost());
    session.on('goaway', () =>
      this.#fail(new ConnectionError(endpoint, 'Unreachable', 'the server is going away')),
    );
    this.#schedulePing();
  }

  /**
   * Connects and waits for the peer's HTTP/2 settings, all within `options.timeoutMs`.
   *
   * @throws ConnectionError, or the signal's reason; nothing stays open then.
   */
  static async connect(endpoint: Endpoint, options: DialOptions, signal: AbortSignal): Promise<GrpcSession> {
    const began = options.clock.monotonic();
    const socket = await dial(endpoint, options, signal);
    const session = connect(endpoint.url, {
      createConnection: () => socket,
      settings: { initialWindowSize: BULK_WINDOW, enablePush: false },
      // In MB. The windows above are the real bound; at Node's default of 10 it would refuse calls during lists.
      maxSessionMemory: 256,
    });
    const left = Math.max(1, options.timeoutMs - (options.clock.monotonic() - began));
    try {
      await greeted({ endpoint, socket, session, clock: options.clock, timeoutMs: left }, signal);
    } catch (error) {
      session.on('error', () => undefined);
      socket.on('error', () => undefined);
      session.destroy();
      socket.destroy();
      throw error;
    }
    session.setLocalWindowSize(CALM_WINDOW);
    const connected = new GrpcSession(endpoint, session, options.clock);
    socket.on('error', (error) => connected.#fail(connectionError(endpoint, error)));
    socket.on('close', () => connected.#lost());
    return connected;
  }

  get usable(): boolean {
    return this.#failure === undefined && !this.#session.closed && !this.#session.destroyed;
  }

  /** Starts a call. Its outcome, also when the connection is already lost, is `call.done`. */
  call(options: CallOptions): GrpcCall {
    let stream: ClientHttp2Stream;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      stream = this.#session.request(
        {
          [constants.HTTP2_HEADER_METHOD]: 'POST',
          [constants.HTTP2_HEADER_PATH]: options.path,
          [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
          [constants.HTTP2_HEADER_TE]: 'trailers',
          ...options.metadata,
        },
        { endStream: false },
      );
    } catch (error) {
      throw connectionError(this.endpoint, error);
    }
    const call = new GrpcCall(this.endpoint, stream, options);
    this.#calls.add(call);
    const over = (): void => void this.#calls.delete(call);
    call.done.then(over, over);
    return call;
  }

  /** Widens the flow-control windows until the returned function is called. */
  bulk(): () => void {
    if (this.#bulk++ === 0) this.#setWindow(BULK_WINDOW);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      if (--this.#bulk === 0) this.#setWindow(CALM_WINDOW);
    };
  }

  /** Ends all calls and the connection at once; `why` is what they are told. May be called twice. */
  close(why = 'the connection was closed by us'): void {
    this.#fail(new ConnectionError(this.endpoint, 'Unreachable', why));
  }

  #setWindow(bytes: number): void {
    if (!this.usable) return;
    this.#session.setLocalWindowSize(bytes);
  }

  #lost(): void {
    this.#fail(new ConnectionError(this.endpoint, 'Unreachable', 'the connection was closed'));
  }

  /** A peer that goes away would first serve what runs; calls are moved at once instead: a watch has no end. */
  #fail(failure: ConnectionError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#stopPing();
    for (const call of this.#calls) call.fail(failure);
    this.#session.destroy();
  }

  #schedulePing(): void {
    this.#stopPing = this.#clock.after(PING_EVERY_MS, () => {
      if (this.#calls.size === 0) this.#schedulePing();
      else this.#ping();
    });
  }

  #ping(): void {
    this.#stopPing = this.#clock.after(PING_TIMEOUT_MS, () =>
      this.#fail(
        new ConnectionError(this.endpoint, 'Timeout', `no answer to a ping within ${PING_TIMEOUT_MS} ms`),
      ),
    );
    const sent = this.#session.ping((error) => {
      if (error !== null || this.#failure !== undefined) return;
      this.#stopPing();
      this.#schedulePing();
    });
    if (!sent) this.#fail(new ConnectionError(this.endpoint, 'Unreachable', 'a ping could not be sent'));
  }
}

interface Greeting {
  readonly endpoint: Endpoint;
  readonly socket: Socket;
  readonly session: ClientHttp2Session;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** Only the peer's SETTINGS frame shows that it speaks HTTP/2: any server accepts a connection. */
async function greeted(
  { endpoint, socket, session, clock, timeoutMs }: Greeting,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: unknown): void => reject(connectionError(endpoint, error));
  const closed = (): void => fail(new Error('the peer closed the connection before it said anything'));
  const abort = (): void => reject(signal.reason as Error);
  const cancelTimer = clock.after(timeoutMs, () =>
    reject(new ConnectionError(endpoint, 'Timeout', 'the peer accepts connections and does not answer')),
  );
  session
    .once('remoteSettings', () => resolve())
    .once('error', fail)
    .once('close', closed);
  // A TLS alert that refuses our certificate comes after the handshake; the session reports it only when it is destroyed.
  socket.once('error', fail).once('close', closed);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await promise;
    session.off('error', fail).off('close', closed);
    socket.off('error', fail).off('close', closed);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}
