import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  connect,
  constants,
} from 'node:http2';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { Dialed } from './dialer.ts';
import type { KubeHost } from '../host.ts';
import { Body } from './body.ts';
import { type Link, type LinkRequest, type LinkResponse, NotSent } from './link.ts';
import { PrematureClose, networkError } from './network-error.ts';
import { startPings } from './ping.ts';

export interface Http2Options {
  /** `https://host:port`, for messages and `:authority`. */
  readonly authority: string;
  readonly host: KubeHost;
  /** How long the response's headers may take. */
  readonly headerTimeoutMs: number;
  /** How long the peer's first frame may take. */
  readonly greetingTimeoutMs: number;
  readonly onContact: () => void;
}

/** The memory limit counts what is received and not yet read: it must hold the windows (in MB; the default is 10). */
const MAX_SESSION_MEMORY_MB = 64;

/** One HTTP/2 session: every watch of a cluster is a stream of it. */
export class Http2Link implements Link {
  readonly #session: ClientHttp2Session;
  readonly #options: Http2Options;
  readonly #stopPings: () => void;

  constructor(dialed: Dialed, options: Http2Options) {
    const { tuning } = options.host;
    this.#options = options;
    this.#session = connect(options.authority, {
      createConnection: () => dialed.socket,
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
      settings: { enablePush: false, initialWindowSize: tuning.streamWindowBytes },
    });
    this.#session.on('connect', () => this.#session.setLocalWindowSize(tuning.connectionWindowBytes));
    // Each stream reports the error by itself; without a listener it would end the process.
    this.#session.on('error', () => {});
    this.#stopPings = startPings({
      session: this.#session,
      wire: dialed.wire,
      host: options.host,
      onContact: options.onContact,
      lost: () =>
        this.#session.destroy(this.#timeout(`no sign of life for ${tuning.pingTimeoutMs / 1000} s`)),
    });
    // A connection that is reset just when it changes hands never tells the session: only the peer's SETTINGS frame
    // shows that the two are in touch. Until the PING finds out, every request would wait in vain.
    const stopGreeting = options.host.clock.after(options.greetingTimeoutMs, () =>
      this.#session.destroy(this.#timeout(`no HTTP/2 within ${options.greetingTimeoutMs / 1000} s`)),
    );
    this.#session.once('remoteSettings', stopGreeting);
    this.#session.once('close', () => {
      stopGreeting();
      this.#stopPings();
      dialed.socket.destroy();
      dialed.wire.destroy();
    });
  }

  /** False after GOAWAY too: Node closes the session for new streams and lets the others finish. */
  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  get done(): boolean {
    return this.#session.destroyed;
  }

  async request(request: LinkRequest): Promise<LinkResponse> {
    request.signal.throwIfAborted();
    const stream = this.#open(request);
    // Before the body is iterated nobody else listens.
    stream.on('error', () => {});
    const cancel = (): void => {
      stream.close(constants.NGHTTP2_CANCEL);
      stream.destroy();
    };
    request.signal.addEventListener('abort', cancel, { once: true });
    stream.once('close', () => request.signal.removeEventListener('abort', cancel));
    try {
      const headers = await this.#headers(stream, request.signal);
      return {
        status: headers[':status'] ?? 0,
        headers: plainHeaders(headers),
        // A stream that is reset with CANCEL, or whose socket closes, closes without an error.
        body: new Body(stream, {
          signal: request.signal,
          failed: (error) => networkError(error ?? new PrematureClose(), this.#options.authority),
          isWhole: () => !stream.aborted && (stream.rstCode ?? 0) === constants.NGHTTP2_NO_ERROR,
          finish: cancel,
        }),
        discard: cancel,
      };
    } catch (error) {
      cancel();
      throw error;
    }
  }

  retire(): void {
    if (!this.#session.destroyed) this.#session.close();
  }

  destroy(): void {
    this.#stopPings();
    this.#session.destroy(
      new DatastoreError(
        'retry',
        'Unreachable',
        `${this.#options.authority}: the connection was closed by us`,
      ),
    );
  }

  #open(request: LinkRequest): ClientHttp2Stream {
    try {
      const { headers, path, write } = request;
      // Said each time: Node by itself ends a DELETE without a body.
      const stream = this.#session.request(
        { ...headers, ':method': write?.method ?? 'GET', ':path': path },
        { endStream: write === undefined },
      );
      if (write !== undefined) stream.end(write.body);
      return stream;
    } catch (error) {
      throw new NotSent('the session takes no more streams', { cause: error });
    }
  }

  async #headers(
    stream: ClientHttp2Stream,
    signal: AbortSignal,
  ): Promise<IncomingHttpHeaders & IncomingHttpStatusHeader> {
    const { host, headerTimeoutMs } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<
      IncomingHttpHeaders & IncomingHttpStatusHeader
    >();
    let failure: unknown;
    stream.once('response', resolve);
    stream.once('error', (error) => {
      failure = error;
    });
    const closed = (): void => reject(signal.aborted ? signal.reason : this.#unanswered(stream, failure));
    stream.once('close', closed);
    const stopTimer = host.clock.after(headerTimeoutMs, () =>
      reject(this.#timeout(`no answer within ${headerTimeoutMs / 1000} s`)),
    );
    try {
      return await promise;
    } finally {
      stopTimer();
      // Every stream closes: an error for each, with its stack, would be made for nobody.
      stream.off('close', closed);
    }
  }

  #unanswered(stream: ClientHttp2Stream, failure: unknown): Error {
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      return new NotSent('the server refused the stream');
    }
    return networkError(failure ?? new PrematureClose(), this.#options.authority);
  }

  #timeout(what: string): DatastoreError {
    return new DatastoreError('retry', 'Timeout', `${this.#options.authority}: ${what}`);
  }
}

function plainHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(':')) continue;
    plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
