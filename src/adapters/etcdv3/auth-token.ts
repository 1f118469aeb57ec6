import { DatastoreError } from '../../contract/datastore-error.ts';
import { isAuthDisabled } from './etcd-error.ts';
import type { GrpcSession } from './grpc-session.ts';
import { decodeAuthenticate, encodeAuthenticate } from './proto-session.ts';
import type { UnaryOnce } from './unary.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * The token that etcd gives for name and password, got once for all calls that need it. Tokens are valid on every member, but one that
 * restarts forgets simple tokens: then `refuse` and `get` again.
 */
export class AuthToken {
  readonly #credentials: Credentials | undefined;
  readonly #unary: UnaryOnce;
  #current: Promise<string> | undefined;

  constructor(credentials: Credentials | undefined, unary: UnaryOnce) {
    this.#credentials = credentials;
    this.#unary = unary;
  }

  get configured(): boolean {
    return this.#credentials !== undefined;
  }

  /** '' where none is needed. Concurrent callers share one request, which therefore no caller can abort. */
  get(session: GrpcSession): Promise<string> {
    const credentials = this.#credentials;
    if (credentials === undefined) return Promise.resolve('');
    if (this.#current !== undefined) return this.#current;
    const fresh = this.#authenticate(session, credentials);
    this.#current = fresh;
    fresh.catch(() => {
      if (this.#current === fresh) this.#current = undefined;
    });
    return fresh;
  }

  /** The server refused `token`: the next `get` asks for another, unless somebody did already. */
  async refuse(token: string): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    const known = await current.catch(() => undefined);
    if (known === token && this.#current === current) this.#current = undefined;
  }

  async #authenticate(session: GrpcSession, { username, password }: Credentials): Promise<string> {
    const body = encodeAuthenticate(username, password);
    try {
      const answer = await this.#unary(session, { path: '/etcdserverpb.Auth/Authenticate', body, token: '' });
      const token = decodeAuthenticate(answer);
      if (token === '') {
        throw new DatastoreError('retry', 'ProtocolError', `${session.endpoint.url}: got no token`);
      }
      return token;
    } catch (error) {
      if (isAuthDisabled(error)) return '';
      throw error;
    }
  }
}
