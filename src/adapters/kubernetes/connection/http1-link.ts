import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { Body } from './body.ts';
import { type Link, type LinkRequest, type LinkResponse, NotSent } from './link.ts';
import { PrematureClose, networkError } from './network-error.ts';

export interface Http1Options {
  /** For messages. */
  readonly server: string;
  /** The Host header: `host:port`. */
  readonly authority: string;
  readonly clock: Clock;
  /** How long the response's headers may take. */
  readonly headerTimeoutMs: number;
  /** One more connection, TLS included. */
  readonly dial: () => Promise<Socket>;
}

/** Lists are short and watches hold their connection: a few idle ones are enough. */
const MAX_IDLE = 4;

/** HTTP/1.1: one connection per request under way, kept alive between them. */
export class Http1Link implements Link {
  readonly #options: Http1Options;
  readonly #agent: DialAgent;
  readonly #open = new Set<ClientRequest>();
  #usable = true;

  /** @param first a connection that is there already. */
  constructor(first: Socket, options: Http1Options) {
    this.#options = options;
    this.#agent = new DialAgent(first, options.dial);
  }

  get usable(): boolean {
    return this.#usable;
  }

  get done(): boolean {
    return !this.#usable && this.#open.size === 0;
  }

  async request(request: LinkRequest): Promise<LinkResponse> {
    request.signal.throwIfAborted();
    const outgoing = httpRequest({
      agent: this.#agent,
      method: request.write?.method ?? 'GET',
      path: request.path,
      headers: { host: this.#options.authority, ...request.headers },
      setHost: false,
    });
    const cancel = (): void => {
      outgoing.destroy();
    };
    this.#open.add(outgoing);
    request.signal.addEventListener('abort', cancel, { once: true });
    outgoing.once('close', () => {
      this.#open.delete(outgoing);
      request.signal.removeEventListener('abort', cancel);
    });
    try {
      const incoming = await this.#answer(outgoing, request);
      return {
        status: incoming.statusCode ?? 0,
        headers: plainHeaders(incoming),
        body: new Body(incoming, {
          signal: request.signal,
          failed: (error) => networkError(error ?? new PrematureClose(), this.#options.server),
          isWhole: () => incoming.complete,
          // A body that was read to its end must not cost the connection.
          finish: () => (incoming.complete ? undefined : cancel()),
        }),
        discard: cancel,
      };
    } catch (error) {
      cancel();
      throw error;
    }
  }

  retire(): void {
    this.#usable = false;
    this.#agent.retire();
  }

  destroy(): void {
    this.#usable = false;
    const closed = new DatastoreError(
      'retry',
      'Unreachable',
      `${this.#options.server}: the connection was closed by us`,
    );
    for (const outgoing of this.#open) outgoing.destroy(closed);
    this.#agent.retire();
    this.#agent.destroy();
  }

  async #answer(outgoing: ClientRequest, { signal, write }: LinkRequest): Promise<IncomingMessage> {
    const { clock, headerTimeoutMs, server } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    outgoing.once('response', resolve);
    outgoing.on('error', (error) => {
      if (signal.aborted) reject(signal.reason);
      // The server may close an idle connection at the very moment we use it. Or it fell in the middle of its work: a
      // write is not sent twice on a guess.
      else if (write === undefined && outgoing.reusedSocket && isReset(error))
        reject(new NotSent('idle connection closed'));
      else reject(networkError(error, server));
    });
    const stopTimer = clock.after(headerTimeoutMs, () =>
      reject(
        new DatastoreError('retry', 'Timeout', `${server}: no answer within ${headerTimeoutMs / 1000} s`),
      ),
    );
    outgoing.end(write?.body);
    try {
      return await promise;
    } finally {
      stopTimer();
    }
  }
}

/** An agent whose connections come from our own dialer: plain `http` on top, TLS already below. */
class DialAgent extends Agent {
  #first: Socket | undefined;
  readonly #dial: () => Promise<Socket>;

  constructor(first: Socket, dial: () => Promise<Socket>) {
    super({ keepAlive: true, maxFreeSockets: MAX_IDLE });
    this.#first = first;
    this.#dial = dial;
    first.once('close', () => {
      if (this.#first === first) this.#first = undefined;
    });
  }

  override createConnection(
    _options: object,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined && !first.destroyed) return first;
    this.#dial().then(
      (socket) => callback?.(null, socket),
      // Node's type wants a stream with the error too; Node itself does not look at it.
      (error: unknown) => (callback as ((error: unknown) => void) | undefined)?.(error),
    );
    return undefined;
  }

  /** Idle connections are closed now, the others when their answer ends. */
  retire(): void {
    this.maxFreeSockets = 0;
    this.#first?.destroy();
    for (const sockets of Object.values(this.freeSockets)) sockets?.forEach((socket) => socket.destroy());
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function plainHeaders(incoming: IncomingMessage): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
