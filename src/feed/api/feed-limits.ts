/** What the feed's server holds at most. Times in milliseconds. */
export interface FeedLimits {
  /** Beyond, a connection is closed as soon as it is made. */
  readonly connections: number;
  /** Requests other than watches that are being answered; three quarters of them can be of one user. */
  readonly requests: number;
  readonly watches: number;
  /** Of one user; all who come without credentials are one. */
  readonly watchesPerUser: number;
  readonly urlBytes: number;
  /** Of all headers of a request together, with the URL. */
  readonly headerBytes: number;
  /** Request bodies mean nothing here; a connection that sends more is cut. */
  readonly bodyBytes: number;
  /** Until the headers of a request are complete; for a new connection until its first request. */
  readonly headersMs: number;
  /** Until an answer begins. */
  readonly answerMs: number;
  /** Until an answer ends that is no watch. */
  readonly requestMs: number;
  /** A reader that takes nothing for so long is cut off. */
  readonly stalledMs: number;
  /** How long a connection may be without a request. */
  readonly keepAliveMs: number;
  /** Of one HTTP/2 connection, at the same time. */
  readonly streams: number;
  /** How long `close` waits for answers under way. */
  readonly closeMs: number;
}

export const FEED_LIMITS: FeedLimits = {
  connections: 2000,
  requests: 200,
  watches: 5000,
  watchesPerUser: 1000,
  urlBytes: 8 * 1024,
  headerBytes: 16 * 1024,
  bodyBytes: 256 * 1024,
  headersMs: 10_000,
  answerMs: 30_000,
  requestMs: 600_000,
  stalledMs: 60_000,
  // Longer than the 90 s after which Go's clients close connections themselves: then none is closed under a request.
  keepAliveMs: 120_000,
  streams: 250,
  closeMs: 3000,
};
