import type { FeedObject } from '../feed-object.ts';
import type { FeedEventType } from '../objects/feed-encoder.ts';

export type FeedContent = FeedObject['content'];

/** What happened to one object, for everybody who can see it. */
export interface FeedEvent {
  readonly type: FeedEventType;
  /** As it is now; for DELETED as it was last, with the sequence of the deletion. */
  readonly object: FeedObject;
  /** What it said at the event before, for MODIFIED: whether a selector selected it then. undefined = not known. */
  readonly before?: FeedContent;
}
