import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedPlural } from '../feed-resource.ts';
import type { FeedEncoding } from '../feed-store.ts';
import type { FeedListMeta } from './list-meta.ts';
import type { FailureStatus } from './status-object.ts';

export interface FeedEncoderOptions {
  readonly resource: FeedPlural;
  readonly view: FeedView;
  readonly encoding: FeedEncoding;
  /** `metadata.resourceVersion` of an object, from its sequence number. */
  readonly version: (sequence: number) => string;
  /** Milliseconds since the epoch: what ages in tables are counted to. */
  readonly now: () => number;
}

export type FeedEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface TypedObject {
  readonly type: FeedEventType;
  /** As it is now; for DELETED as it was last, with the sequence of the deletion. */
  readonly object: FeedObject;
}

/**
 * Objects of one collection as bytes, in one of the forms that a client can ask for. Everything but `items` is complete in itself,
 * so that the same bytes serve any number of readers, wherever they come in.
 */
export interface FeedEncoder {
  /** Value of the header Content-Type, of bodies and of watches. */
  readonly contentType: string;
  readonly watchContentType: string;
  /** The body that answers a get. */
  object(object: FeedObject): Buffer;
  /**
   * Some items of a list as they stand in its body; `first`: nothing stands before them. Equal objects give equal bytes but for ages in
   * tables, so that a list can be measured in one pass and sent in another.
   */
  items(objects: readonly FeedObject[], first: boolean): Buffer;
  /**
   * Whether `listEnds` must know the number of bytes of all items, so that none can be sent before all were made once
   * (protobuf says lengths first).
   */
  readonly needsLength: boolean;
  /** What stands before and after the items of a list. `itemBytes` is looked at only where `needsLength`. */
  listEnds(meta: FeedListMeta, itemBytes: number): { readonly head: Buffer; readonly tail: Buffer };
  /** An event of a watch, framed. */
  event(type: FeedEventType, object: FeedObject): Buffer;
  /** Several of them, one after the other, in memory of their own; and where each ends. */
  events(events: readonly TypedObject[]): { readonly bytes: Buffer; readonly ends: readonly number[] };
  /** A BOOKMARK event; `initialEventsEnd` marks the one that ends the initial events of a WatchList. */
  bookmark(resourceVersion: string, initialEventsEnd: boolean): Buffer;
  /** An ERROR event. */
  failure(status: FailureStatus): Buffer;
}
