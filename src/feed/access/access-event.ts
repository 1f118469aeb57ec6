import type { DaemonEvent } from '../../contract/event.ts';

/** What the access to the feed reports of itself. No field ever holds a credential. */
export type FeedAccessEvent = Extract<
  DaemonEvent,
  { readonly event: `feed.access.${string}` | `feed.review.${string}` }
>;

/** The APIs of the local cluster that the feed asks. */
export type ReviewKind = Extract<FeedAccessEvent, { readonly event: 'feed.review.failed' }>['review'];

/** Must not throw and must not block. */
export type FeedAccessReporter = (event: FeedAccessEvent) => void;
