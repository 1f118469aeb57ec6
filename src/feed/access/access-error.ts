/**
 * The feed cannot be opened as it is configured, or a file that it needs is not usable. The message names the option or the
 * file and the reason; it never holds a token, a key or another part of a file.
 */
export class FeedAccessError extends Error {
  override readonly name = 'FeedAccessError';
}
