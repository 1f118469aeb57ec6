/** By what somebody proved who they are. */
export type AuthenticationMethod = 'certificate' | 'token-file' | 'token-review' | 'anonymous';

/** Who asks, in the terms of Kubernetes. */
export interface FeedUser {
  readonly name: string;
  /** '' = none. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
  readonly method: AuthenticationMethod;
}

/** The group that Kubernetes gives to everybody who proved who they are; rules of RBAC name it. */
export const AUTHENTICATED_GROUP = 'system:authenticated';

export const ANONYMOUS: FeedUser = {
  name: 'system:anonymous',
  uid: '',
  groups: ['system:unauthenticated'],
  extra: {},
  method: 'anonymous',
};

/** A user whom we know by ourselves, as the API server would describe them. */
export function authenticatedUser(
  method: AuthenticationMethod,
  { name, uid, groups }: Pick<FeedUser, 'name' | 'uid' | 'groups'>,
): FeedUser {
  const all = groups.includes(AUTHENTICATED_GROUP) ? groups : [...groups, AUTHENTICATED_GROUP];
  return { name, uid, groups: all, extra: {}, method };
}

/**
 * The outcome of authentication. `refused` → 401: the credentials are missing or wrong. `unavailable` → 503 with Retry-After:
 * nobody can tell now. A 401 would make clients throw good credentials away, and informers and kubectl say "logged out".
 * Reasons may be shown to the client.
 */
export type Authentication =
  | { readonly outcome: 'user'; readonly user: FeedUser }
  | { readonly outcome: 'refused'; readonly reason: string }
  | Unavailable;

export interface Unavailable {
  readonly outcome: 'unavailable';
  readonly reason: string;
  readonly retryAfterMs: number;
}

export function refused(reason: string): Authentication {
  return { outcome: 'refused', reason };
}
