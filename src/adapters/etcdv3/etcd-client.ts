import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AuthToken } from './auth-token.ts';
import type { Credentials } from './auth-token.ts';
import { ConnectionError } from './connection-error.ts';
import { isTokenRefused, isUnavailable, outOfRange, toDatastoreError } from './etcd-error.ts';
import type { Endpoint } from './endpoint.ts';
import type { GrpcCall } from './grpc-call.ts';
import { GrpcSession } from './grpc-session.ts';
import { MessageTooLarge } from './grpc-status.ts';
import type { TlsMaterial } from './tls-material.ts';
import { requestMetadata, unaryOnce } from './unary.ts';
import type { UnaryOnce, UnaryRequest } from './unary.ts';

export interface EtcdClientOptions {
  readonly endpoints: readonly Endpoint[];
  readonly tls: TlsMaterial;
  readonly credentials: Credentials | undefined;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

export type Unary = Omit<UnaryRequest, 'token'>;

/**
 * Calls to one etcd cluster over one connection at a time: to the endpoint that worked last, else to the next that does. Holds
 * the token. Every failure is a DatastoreError, or the signal's reason; `GrpcError`s of `outOfRange` and
 * `MessageTooLarge` pass as they are, since only the caller knows what they mean.
 */
export class EtcdClient {
  readonly #options: EtcdClientOptions;
  readonly #token: AuthToken;
  readonly #once: UnaryOnce;
  readonly #closing = new AbortController();
  #live: GrpcSession | undefined;
  #connecting: Promise<GrpcSession> | undefined;
  #next = 0;

  constructor(options: EtcdClientOptions) {
    this.#options = options;
    this.#once = unaryOnce(options.requestTimeoutMs, options.clock);
    this.#token = new AuthToken(options.credentials, this.#once);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#options.endpoints;
  }

  /** One request, one answer. Safe to repeat requests only: it goes to the next endpoint where one fails. */
  async unary(request: Unary, signal: AbortSignal): Promise<Buffer> {
    return this.#onSession(signal, (session, token) => this.#once(session, { ...request, token }, signal));
  }

  /** Starts a call that stays open. `begin` is run with the connection and the token's metadata. */
  async open(
    signal: AbortSignal,
    begin: (session: GrpcSession, metadata: Record<string, string>) => GrpcCall,
  ): Promise<{ readonly call: GrpcCall; readonly session: GrpcSession; readonly token: string }> {
    return this.#onSession(signal, (session, token) =>
      Promise.resolve({ call: begin(session, requestMetadata(token)), session, token }),
    );
  }

  /** The connection, made if there is none. Several callers wait for the same attempt. */
  async session(signal: AbortSignal): Promise<GrpcSession> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    if (this.#live?.usable === true) return this.#live;
    if (this.#connecting === undefined) {
      this.#connecting = this.#connect().finally(() => (this.#connecting = undefined));
      // All who wait may have been aborted.
      this.#connecting.catch(() => undefined);
    }
    return abortable(this.#connecting, signal);
  }

  /** Whoever found that a connection does not serve leaves it; the next call tries the following endpoint. */
  retire(session: GrpcSession, why: unknown): void {
    // All calls of the connection end with it: what they are told is what was found out, not that we left.
    const { message } = why instanceof Error ? why : { message: 'it does not serve' };
    session.close(message.replace(`${session.endpoint.url}: `, ''));
    const { endpoints } = this.#options;
    this.#next = (endpoints.indexOf(session.endpoint) + 1) % endpoints.length;
  }

  /** Leaves the present connection, if there is one, for the next endpoint. */
  rotate(): void {
    if (this.#live?.usable === true) this.retire(this.#live, new Error('it is behind what was read before'));
  }

  /** The server refused this token; only where there are credentials does another try make sense. */
  async renewToken(token: string): Promise<boolean> {
    if (!this.#token.configured) return false;
    await this.#token.refuse(token);
    return true;
  }

  /** Ends everything under way. May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(closed());
    await this.#connecting?.catch(() => undefined);
    this.#live?.close();
  }

  /** Tries every endpoint once, beginning with the one that worked last. */
  async #connect(): Promise<GrpcSession> {
    const { endpoints, tls, connectTimeoutMs, clock } = this.#options;
    const errors: ConnectionError[] = [];
    for (let i = 0; i < endpoints.length; i++) {
      const at = (this.#next + i) % endpoints.length;
      try {
        const options = { tls, timeoutMs: connectTimeoutMs, clock };
        const session = await GrpcSession.connect(endpoints[at] as Endpoint, options, this.#closing.signal);
        this.#next = at;
        this.#live = session;
        return session;
      } catch (error) {
        this.#closing.signal.throwIfAborted();
        if (!(error instanceof ConnectionError)) throw error;
        errors.push(error);
      }
    }
    throw unreachable(errors);
  }

  async #onSession<T>(
    signal: AbortSignal,
    run: (session: GrpcSession, token: string) => Promise<T>,
  ): Promise<T> {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const session = await this.session(signal);
      let token = '';
      try {
        token = await abortable(this.#token.get(session), signal);
        return await run(session, token);
      } catch (error) {
        signal.throwIfAborted();
        if (this.#closing.signal.aborted) throw closed();
        if (isTokenRefused(error) && !renewed && (await this.renewToken(token))) {
          renewed = true;
          continue;
        }
        const hung = error instanceof ConnectionError && error.reason === 'Timeout';
        if (isUnavailable(error)) this.retire(session, error);
        // A server that hangs has cost a whole time-out already: the caller's back-off decides what comes then.
        if (isUnavailable(error) && !hung && attempt <= this.#options.endpoints.length) continue;
        throw passes(error) ? error : toDatastoreError(error, session.endpoint.url);
      }
    }
  }
}

/** What only the caller can judge. */
function passes(error: unknown): boolean {
  return error instanceof MessageTooLarge || outOfRange(error) !== undefined;
}

function unreachable(errors: readonly ConnectionError[]): DatastoreError {
  const message = errors.map((error) => error.message).join('; ');
  return new DatastoreError('retry', errors[0]?.reason ?? 'Unreachable', message, { cause: errors[0] });
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function closed(): DatastoreError {
  return new DatastoreError('retry', 'Unreachable', 'the datastore was closed');
}
