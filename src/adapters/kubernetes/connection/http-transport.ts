import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { DatastoreOptions } from '../../../contract/adapter.ts';
import { printable } from '../../../model/printable.ts';
import { abortable } from '../../../runtime/abortable.ts';
import { hostAndPort } from '../access/address.ts';
import type { CredentialSet, CredentialSource } from '../access/credential-source.ts';
import { credentialsOf } from '../access/credentials.ts';
import { type ClientKeyPair, type Dialed, dial } from './dialer.ts';
import type { KubeEndpoint } from '../access/endpoint.ts';
import type { KubeHost } from '../host.ts';
import { Http1Link } from './http1-link.ts';
import { Http2Link } from './http2-link.ts';
import { type Link, type LinkResponse, type LinkWrite, NotSent } from './link.ts';
import type { KubeRequest, KubeResponse, KubeTransport, KubeWrite } from './transport.ts';

const BOTH = ['h2', 'http/1.1'] as const;
const HTTP1_ONLY = ['http/1.1'] as const;

/** The link in use, or being made, for one client certificate. */
interface Line {
  readonly pair: ClientKeyPair;
  readonly link: Promise<Link>;
  /** Once `link` is there. */
  settled: Link | undefined;
}

/** KubeTransport over HTTP/2 where the server takes it, HTTP/1.1 elsewhere. The first request dials. */
export class HttpTransport implements KubeTransport {
  readonly server: string;
  readonly #endpoint: KubeEndpoint;
  readonly #options: DatastoreOptions;
  readonly #host: KubeHost;
  readonly #credentials: CredentialSource;
  readonly #lifetime = new AbortController();
  readonly #listeners = new Set<() => void>();
  /** Every link that is not known to be gone, the present one included. */
  readonly #links = new Set<Link>();
  #line: Line | undefined;

  constructor(endpoint: KubeEndpoint, options: DatastoreOptions, host: KubeHost) {
    this.server = endpoint.server.text;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#host = host;
    this.#credentials = credentialsOf(endpoint, host, this.#lifetime.signal);
  }

  get(request: KubeRequest): Promise<KubeResponse> {
    return this.#ask(request, undefined);
  }

  send(request: KubeWrite): Promise<KubeResponse> {
    return this.#ask(request, request);
  }

  async #ask(request: KubeRequest, write: LinkWrite | undefined): Promise<KubeResponse> {
    const { signal } = request;
    signal.throwIfAborted();
    const used = await this.#credentials.current(signal);
    const response = await this.#send(request, write, used);
    if (response.status !== 401 || !this.#credentials.refused(used)) return response;
    const fresh = await this.#credentials.current(signal).catch((error: unknown) => {
      response.discard();
      throw error;
    });
    if (fresh.authorization === used.authorization && fresh.cert === used.cert) return response;
    response.discard();
    return this.#send(request, write, fresh);
  }

  onContact(listener: () => void): () => void {
    // A function of its own, so that one listener added twice is two registrations.
    const registered = (): void => listener();
    this.#listeners.add(registered);
    return () => this.#listeners.delete(registered);
  }

  close(): Promise<void> {
    if (!this.#lifetime.signal.aborted) this.#lifetime.abort(this.#closed());
    for (const link of this.#links) link.destroy();
    this.#links.clear();
    this.#listeners.clear();
    this.#line = undefined;
    return Promise.resolve();
  }

  async #send(
    request: KubeRequest,
    write: LinkWrite | undefined,
    credentials: CredentialSet,
  ): Promise<LinkResponse> {
    const attempt = async (): Promise<LinkResponse> => {
      const link = await abortable(this.#linkFor(credentials), request.signal);
      const response = await link.request({
        path: this.#endpoint.server.basePath + request.path,
        headers: {
          accept: request.accept ?? 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'fedsyncd',
          ...(credentials.authorization !== undefined && { authorization: credentials.authorization }),
          ...this.#endpoint.impersonation,
          ...(write !== undefined && {
            'content-type': write.contentType,
            'content-length': String(Buffer.byteLength(write.body)),
          }),
        },
        signal: request.signal,
        write,
      });
      return this.#plain(response);
    };
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
    }
    // Once more: the old connection is known to be of no use now.
    this.#abandon();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NotSent)) throw error;
      throw new DatastoreError('retry', 'Unreachable', `${this.server}: the server takes no requests`);
    }
  }

  /** Of an answer that is no success the status is enough. */
  #plain(response: LinkResponse): LinkResponse {
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding === 'identity' || response.status < 200 || response.status > 299) return response;
    response.discard();
    const how = printable(encoding.slice(0, 20));
    throw new DatastoreError(
      'retry',
      'ProtocolError',
      `${this.server}: the answer is compressed (${how}), which was not asked for: does a proxy change it?`,
    );
  }

  #linkFor(pair: ClientKeyPair): Promise<Link> {
    if (this.#lifetime.signal.aborted) return Promise.reject(this.#closed());
    const line = this.#line;
    const fits = line !== undefined && line.pair.cert === pair.cert && line.pair.key === pair.key;
    if (fits && line.settled?.usable !== false) return line.link;
    this.#abandon();
    const next: Line = { pair, link: this.#openLink(pair), settled: undefined };
    this.#line = next;
    next.link.then(
      (link) => {
        next.settled = link;
        if (this.#line !== next) link.retire();
      },
      () => {
        if (this.#line === next) this.#line = undefined;
      },
    );
    return next.link;
  }

  /** Requests under way finish on the old link; new ones get another. */
  #abandon(): void {
    this.#line?.settled?.retire();
    this.#line = undefined;
    for (const link of this.#links) if (link.done) this.#links.delete(link);
  }

  async #openLink(pair: ClientKeyPair): Promise<Link> {
    const first = await this.#dial(pair, BOTH);
    const link = first.protocol === 'h2' ? this.#http2(first) : this.#http1(first.socket, pair);
    if (this.#lifetime.signal.aborted) {
      link.destroy();
      throw this.#closed();
    }
    this.#links.add(link);
    return link;
  }

  #dial(pair: ClientKeyPair, protocols: typeof BOTH | typeof HTTP1_ONLY): Promise<Dialed> {
    const options = {
      clock: this.#host.clock,
      timeoutMs: this.#options.connectTimeoutMs,
      pair,
      protocols,
    };
    return dial(this.#endpoint, options, this.#lifetime.signal);
  }

  #http2(dialed: Dialed): Link {
    return new Http2Link(dialed, {
      authority: `https://${hostAndPort(this.#endpoint.server)}`,
      host: this.#host,
      headerTimeoutMs: this.#options.requestTimeoutMs,
      greetingTimeoutMs: this.#options.connectTimeoutMs,
      onContact: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  #http1(first: Socket, pair: ClientKeyPair): Link {
    return new Http1Link(first, {
      server: this.server,
      authority: hostAndPort(this.#endpoint.server),
      clock: this.#host.clock,
      headerTimeoutMs: this.#options.requestTimeoutMs,
      dial: async () => (await this.#dial(pair, HTTP1_ONLY)).socket,
    });
  }

  #closed(): DatastoreError {
    return new DatastoreError('retry', 'Unreachable', `${this.server}: the connection was closed by us`);
  }
}
