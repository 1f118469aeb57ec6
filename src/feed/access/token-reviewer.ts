import type { JsonObject } from '../../model/json-field.ts';
import { TokenDigest } from './bearer-token.ts';
import { type Authentication, type FeedUser, refused } from './feed-user.ts';
import { type ReviewCounts, ReviewDesk, type ReviewDeps, type Reviewed } from './review-desk.ts';

const RULES = {
  review: 'TokenReview',
  path: '/apis/authentication.k8s.io/v1/tokenreviews',
  grantedMs: 120_000,
  refusedMs: 10_000,
} as const;

/** Bearer tokens that the local cluster knows: service accounts, OIDC, whatever its API server accepts. */
export class TokenReviewer {
  readonly #audiences: readonly string[];
  readonly #desk: ReviewDesk<Authentication>;
  readonly #digest = new TokenDigest();

  /** @param audiences tokens must be made for one of them; none = for the API server itself. */
  constructor(audiences: readonly string[], deps: ReviewDeps) {
    this.#audiences = audiences;
    this.#desk = new ReviewDesk(RULES, deps);
  }

  get counts(): ReviewCounts {
    return this.#desk.counts;
  }

  /** @throws the signal's reason */
  review(token: string, signal: AbortSignal): Promise<Authentication> {
    const audiences = this.#audiences;
    const spec = { token, ...(audiences.length > 0 && { audiences }) };
    return this.#desk.answer(
      this.#digest.of(token),
      async (ask) => judge(await ask(spec), audiences),
      signal,
    );
  }
}

function judge(status: JsonObject, wanted: readonly string[]): Reviewed<Authentication> {
  const user = status['authenticated'] === true ? userOf(status['user']) : undefined;
  if (user === undefined) return denied('the bearer token is not accepted by the local cluster');
  // A server that does not know audiences says nothing of them: then the token may be made for anybody.
  const audiences = strings(status['audiences']);
  if (wanted.length > 0 && !wanted.some((audience) => audiences.includes(audience))) {
    return denied('the bearer token is made for another audience');
  }
  return { granted: true, value: { outcome: 'user', user } };
}

function denied(reason: string): Reviewed<Authentication> {
  return { granted: false, value: refused(reason) };
}

function userOf(value: unknown): FeedUser | undefined {
  if (!isObject(value)) return undefined;
  const { username, uid, groups, extra } = value;
  if (typeof username !== 'string' || username === '') return undefined;
  const extras = isObject(extra) ? Object.entries(extra) : [];
  return {
    name: username,
    uid: typeof uid === 'string' ? uid : '',
    groups: strings(groups),
    extra: Object.fromEntries(extras.map(([key, values]) => [key, strings(values)])),
    method: 'token-review',
  };
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
