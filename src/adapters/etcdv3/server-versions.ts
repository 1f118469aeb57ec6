import type { GrpcSession } from './grpc-session.ts';
import { decodeStatus } from './proto-session.ts';
import { hasSafeProgress } from './server-version.ts';
import type { UnaryOnce } from './unary.ts';

/** What the server at the other end of each connection is able to do; asked once per connection. */
export class ServerVersions {
  readonly #once: UnaryOnce;
  readonly #known = new WeakMap<GrpcSession, Promise<boolean>>();

  constructor(once: UnaryOnce) {
    this.#once = once;
  }

  /** False also where the server does not tell. Never rejects. */
  haveSafeProgress(session: GrpcSession): Promise<boolean> {
    const known = this.#known.get(session);
    if (known !== undefined) return known;
    const asked = this.#ask(session);
    this.#known.set(session, asked);
    return asked;
  }

  async #ask(session: GrpcSession): Promise<boolean> {
    try {
      const request = { path: '/etcdserverpb.Maintenance/Status', body: Buffer.alloc(0), token: '' };
      return hasSafeProgress(decodeStatus(await this.#once(session, request)).version);
    } catch {
      return false;
    }
  }
}
