import type { Clock } from '../../runtime/clock.ts';
import type { AnonymousAccess } from './access-options.ts';
import { readBearer } from './bearer-token.ts';
import { certificateUser } from './certificate-user.ts';
import type { PresentedCertificate } from './client-certificate.ts';
import { ANONYMOUS, type Authentication, refused } from './feed-user.ts';
import { isLoopbackAddress, isLoopbackAuthority } from './loopback.ts';
import type { TokenReviewer } from './token-reviewer.ts';
import type { TokenTable } from './token-table.ts';

/** What of a request says who sent it. */
export interface FeedCredentials {
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  /** Of the connection: `presentedCertificate(socket)`. */
  readonly certificate: PresentedCertificate | undefined;
  /** Of the connection. */
  readonly remoteAddress: string;
  /** The `Host` header, or `:authority`. */
  readonly host: string | undefined;
}

export interface AuthenticatorParts {
  readonly clock: Clock;
  /** Whether client certificates are asked for. */
  readonly certificates: boolean;
  /** The tokens as they are now; undefined = no static token file. */
  readonly tokens: (() => TokenTable) | undefined;
  readonly reviewer: TokenReviewer | undefined;
  readonly anonymous: AnonymousAccess;
}

/**
 * Finds out who asks: the client certificate, then the token file, then the local cluster's TokenReview; the first that knows
 * the client decides. Credentials that are there and wrong are refused even where none at all would be let in.
 */
export class Authenticator {
  readonly #parts: AuthenticatorParts;

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** @throws the signal's reason */
  async authenticate(credentials: FeedCredentials, signal: AbortSignal): Promise<Authentication> {
    const { certificates, clock } = this.#parts;
    const { certificate } = credentials;
    const shown =
      certificates && certificate !== undefined ? certificateUser(certificate, clock.now()) : undefined;
    if (shown?.outcome === 'user') return shown;
    return (await this.#byToken(credentials, signal)) ?? shown ?? this.#withoutCredentials(credentials);
  }

  /** undefined = there is no token, or tokens mean nothing here. */
  async #byToken(
    { authorization }: FeedCredentials,
    signal: AbortSignal,
  ): Promise<Authentication | undefined> {
    const { tokens, reviewer, anonymous } = this.#parts;
    if (tokens === undefined && reviewer === undefined && anonymous !== 'never') return undefined;
    const bearer = readBearer(authorization);
    if (bearer.state === 'none') return undefined;
    if (bearer.state === 'unusable') return refused(bearer.reason);
    const user = tokens?.().find(bearer.token);
    if (user !== undefined) return { outcome: 'user', user };
    if (reviewer !== undefined) return reviewer.review(bearer.token, signal);
    return refused(
      tokens === undefined ? 'bearer tokens are not accepted here' : 'the bearer token is not known',
    );
  }

  #withoutCredentials({ remoteAddress, host }: FeedCredentials): Authentication {
    switch (this.#parts.anonymous) {
      case 'always':
        return { outcome: 'user', user: ANONYMOUS };
      case 'never':
        return refused(`credentials are needed: ${this.#accepted()}`);
      case 'loopback':
        if (!isLoopbackAddress(remoteAddress))
          return refused('only this machine may read without credentials');
        // A web page whose name was made to resolve to 127.0.0.1 would read by its visitor's browser, from this machine.
        if (host !== undefined && !isLoopbackAuthority(host)) {
          return refused('the Host header must name the loopback: localhost, 127.0.0.1 or [::1]');
        }
        return { outcome: 'user', user: ANONYMOUS };
    }
  }

  #accepted(): string {
    const { certificates, tokens, reviewer } = this.#parts;
    const hasTokens = tokens !== undefined || reviewer !== undefined;
    const ways = [
      ...(certificates ? ['a client certificate'] : []),
      ...(hasTokens ? ['a bearer token'] : []),
    ];
    return ways.join(' or ');
  }
}
