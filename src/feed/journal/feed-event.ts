import type { FeedObject } from '../feed-object.ts';
import type { TypedObject } from '../objects/feed-encoder.ts';

export type FeedContent = FeedObject['content'];

/** What happened to one object, for everybody who can see it. */
export interface FeedEvent extends TypedObject {
  /** What it said at the event before, for MODIFIED: whether a selector selected it then. undefined = not known. */
  readonly before?: FeedContent | undefined;
}
