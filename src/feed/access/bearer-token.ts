import { createHmac, randomBytes } from 'node:crypto';

/** Longer than any token of Kubernetes; nothing longer is sent on to be reviewed. */
const MAX_TOKEN_CHARACTERS = 16 * 1024;

/** What an `Authorization` header holds. */
export type Bearer =
  | { readonly state: 'none' }
  | { readonly state: 'token'; readonly token: string }
  | { readonly state: 'unusable'; readonly reason: string };

/** Reads `Bearer TOKEN`; the scheme in any case. An empty token counts as none, as the API server takes it. */
export function readBearer(authorization: string | undefined): Bearer {
  const text = authorization?.trim() ?? '';
  if (text === '') return { state: 'none' };
  const match = /^(\S+)(?:[ \t]+(.*))?$/.exec(text);
  if (match?.[1]?.toLowerCase() !== 'bearer') {
    return { state: 'unusable', reason: 'only bearer tokens are accepted in the Authorization header' };
  }
  const token = match[2] ?? '';
  if (token === '') return { state: 'none' };
  if (token.length > MAX_TOKEN_CHARACTERS)
    return { state: 'unusable', reason: 'the bearer token is too long' };
  if (!isBearerToken(token)) return { state: 'unusable', reason: 'the bearer token is malformed' };
  return { state: 'token', token };
}

/** Characters that a token can have: what a header carries, and no blanks. */
export function isBearerToken(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/**
 * Stands for tokens in tables: a digest under a key that only this object has. Nobody outside can choose or foresee it, so
 * the time that a look-up takes says nothing about the tokens that are known.
 */
export class TokenDigest {
  readonly #key = randomBytes(32);

  of(token: string): string {
    return createHmac('sha256', this.#key).update(token).digest('base64');
  }
}
