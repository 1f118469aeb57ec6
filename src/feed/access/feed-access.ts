import type { LocalApi } from '../../contract/local-api.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FeedAccessError } from './access-error.ts';
import type { FeedAccessReporter } from './access-event.ts';
import {
  type FeedAccessOptions,
  anonymousAccess,
  feedAccessProblems,
  needsLocalApi,
} from './access-options.ts';
import { AccessReviewer } from './access-reviewer.ts';
import { Authenticator, type FeedCredentials } from './authenticator.ts';
import { ALLOWED, type Decision, type FeedAttributes, isOpenPath } from './feed-attributes.ts';
import { FeedTls } from './feed-tls.ts';
import type { Authentication, AuthenticationMethod, FeedUser } from './feed-user.ts';
import { type Followed, FollowedFiles } from './followed-files.ts';
import type { ReviewCounts } from './review-desk.ts';
import { TokenReviewer } from './token-reviewer.ts';
import { tokenFile } from './token-table.ts';

export interface FeedAccessDeps {
  readonly clock: Clock;
  /** undefined = there is no local Kubernetes API. */
  readonly localApi: LocalApi | undefined;
  readonly report: FeedAccessReporter;
}

/** For metrics; everything since the start but what says `now`. */
export interface FeedAccessStats {
  readonly authentications: Readonly<Record<AuthenticationMethod | 'refused' | 'unavailable', number>>;
  readonly decisions: Readonly<Record<Decision['outcome'], number>>;
  /** null = not in use. */
  readonly tokenReviews: ReviewCounts | null;
  readonly accessReviews: ReviewCounts | null;
  /** Sets of files whose present content is not usable, now. */
  readonly rejectedFiles: number;
  /** End of the serving certificate's validity, milliseconds since the epoch; null = no TLS. */
  readonly certificateNotAfter: number | null;
}

/** Who may read the feed. Opened by `openFeedAccess`; files and reviews live as long as `run`. */
export class FeedAccess {
  /** undefined = plain HTTP. */
  readonly tls: FeedTls | undefined;
  readonly #authenticator: Authenticator;
  readonly #followed: readonly Followed[];
  readonly #tokenReviewer: TokenReviewer | undefined;
  readonly #accessReviewer: AccessReviewer | undefined;
  readonly #life: AbortController;
  readonly #authentications = {
    certificate: 0,
    'token-file': 0,
    'token-review': 0,
    anonymous: 0,
    refused: 0,
    unavailable: 0,
  };
  readonly #decisions = { allowed: 0, denied: 0, unavailable: 0 };

  constructor(parts: FeedAccessParts) {
    this.tls = parts.tls;
    this.#authenticator = parts.authenticator;
    this.#followed = parts.followed;
    this.#tokenReviewer = parts.tokenReviewer;
    this.#accessReviewer = parts.accessReviewer;
    this.#life = parts.life;
  }

  get stats(): FeedAccessStats {
    return {
      authentications: { ...this.#authentications },
      decisions: { ...this.#decisions },
      tokenReviews: this.#tokenReviewer?.counts ?? null,
      accessReviews: this.#accessReviewer?.counts ?? null,
      rejectedFiles: this.#followed.filter(({ problem }) => problem !== undefined).length,
      certificateNotAfter: this.tls?.notAfter ?? null,
    };
  }

  /** Who sent a request. @throws the signal's reason, nothing else */
  async authenticate(credentials: FeedCredentials, signal: AbortSignal): Promise<Authentication> {
    const result = await this.#authenticator.authenticate(credentials, signal);
    this.#authentications[result.outcome === 'user' ? result.user.method : result.outcome]++;
    return result;
  }

  /** Whether somebody who was let in may do it. @throws the signal's reason, nothing else */
  async authorize(user: FeedUser, attributes: FeedAttributes, signal: AbortSignal): Promise<Decision> {
    const decision = await this.#decide(user, attributes, signal);
    this.#decisions[decision.outcome]++;
    return decision;
  }

  /** Keeps the files up to date until the signal aborts. Runs once. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#life.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.all(this.#followed.map((files) => files.run(this.#life.signal)));
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #decide(user: FeedUser, attributes: FeedAttributes, signal: AbortSignal): Promise<Decision> {
    if (attributes.kind === 'path') {
      if (isOpenPath(attributes.path)) return ALLOWED;
      return { outcome: 'denied', reason: 'this path is not served' };
    }
    return this.#accessReviewer === undefined
      ? ALLOWED
      : this.#accessReviewer.decide(user, attributes, signal);
  }
}

export interface FeedAccessParts {
  readonly tls: FeedTls | undefined;
  readonly authenticator: Authenticator;
  readonly followed: readonly Followed[];
  readonly tokenReviewer: TokenReviewer | undefined;
  readonly accessReviewer: AccessReviewer | undefined;
  readonly life: AbortController;
}

/**
 * Checks the options and reads the files that they name; starts nothing.
 * @throws FeedAccessError
 */
export async function openFeedAccess(options: FeedAccessOptions, deps: FeedAccessDeps): Promise<FeedAccess> {
  const [problem] = feedAccessProblems(options);
  if (problem !== undefined) throw new FeedAccessError(problem);
  const life = new AbortController();
  const reviewers = reviewersOf(options, deps, life.signal);
  const tls = await openTls(options, deps);
  const tokens =
    options.tokenFile === undefined
      ? undefined
      : await FollowedFiles.open(tokenFile(options.tokenFile), deps);
  return new FeedAccess({
    ...reviewers,
    tls,
    authenticator: new Authenticator({
      clock: deps.clock,
      certificates: options.clientCaFile !== undefined,
      tokens: tokens && (() => tokens.value),
      reviewer: reviewers.tokenReviewer,
      anonymous: anonymousAccess(options),
    }),
    followed: [...(tls ? [tls.files] : []), ...(tokens ? [tokens] : [])],
    life,
  });
}

async function openTls(
  { tlsCertFile: certFile, tlsKeyFile: keyFile, clientCaFile }: FeedAccessOptions,
  deps: FeedAccessDeps,
): Promise<FeedTls | undefined> {
  if (certFile === undefined || keyFile === undefined) return undefined;
  return FeedTls.open({ certFile, keyFile, clientCaFile }, deps);
}

function reviewersOf(
  options: FeedAccessOptions,
  { clock, localApi, report }: FeedAccessDeps,
  life: AbortSignal,
): Pick<FeedAccessParts, 'tokenReviewer' | 'accessReviewer'> {
  if (!needsLocalApi(options)) return { tokenReviewer: undefined, accessReviewer: undefined };
  const { tokenReview, tokenAudiences, authorization } = options;
  if (localApi === undefined) {
    const option = tokenReview ? '--feed-token-review' : '--feed-authorization local-rbac';
    throw new FeedAccessError(`${option} needs the API of the local cluster`);
  }
  const deps = { clock, api: localApi, report, life };
  return {
    tokenReviewer: tokenReview ? new TokenReviewer(tokenAudiences, deps) : undefined,
    accessReviewer: authorization === 'local-rbac' ? new AccessReviewer(deps) : undefined,
  };
}
