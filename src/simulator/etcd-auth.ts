import type { IncomingHttpHeaders } from 'node:http2';
import { GRPC_CODE, GrpcError } from './grpc.ts';

/** A user that may read everything. */
export interface EtcdUser {
  readonly username: string;
  readonly password: string;
}

/** etcd's simple tokens: valid until the server restarts or they expire. */
export class EtcdAuth {
  readonly #user: EtcdUser | undefined;
  readonly #tokens = new Set<string>();
  #issued = 0;

  /** Without a user authentication is off. */
  constructor(user: EtcdUser | undefined) {
    this.#user = user;
  }

  /** A new token, or the error that etcd answers. */
  authenticate(username: string, password: string): string {
    if (this.#user === undefined) {
      throw new GrpcError(GRPC_CODE.failedPrecondition, 'etcdserver: authentication is not enabled');
    }
    if (username !== this.#user.username || password !== this.#user.password) {
      throw new GrpcError(
        GRPC_CODE.invalidArgument,
        'etcdserver: authentication failed, invalid user ID or password',
      );
    }
    const token = `simulated.${++this.#issued}`;
    this.#tokens.add(token);
    return token;
  }

  /** Makes every token invalid, as a restart does. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  /** Why a call with these headers is refused; undefined where it is not. */
  problem(headers: IncomingHttpHeaders): GrpcError | undefined {
    if (this.#user === undefined) return undefined;
    const token = headers['token'];
    if (typeof token !== 'string' || token === '') {
      return new GrpcError(GRPC_CODE.invalidArgument, 'etcdserver: user name is empty');
    }
    if (this.#tokens.has(token)) return undefined;
    return new GrpcError(GRPC_CODE.unauthenticated, 'etcdserver: invalid auth token');
  }
}
