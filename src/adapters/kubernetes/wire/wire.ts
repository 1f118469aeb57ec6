import type { ObjectRef } from './object-ref.ts';
import type { ListMeta } from './proto-envelope.ts';

/** The two encodings that are read; custom resources come only as JSON. */
export type Encoding = 'protobuf' | 'json';

/**
 * What a list body gives. `O` is the object as its encoding has it: bytes of a protobuf message, valid during the
 * call only, or parsed JSON.
 */
export interface ListHandler<O> {
  item(object: O): void;
  /** An item that is broken, or over the limit and then never held in memory; with as much of its identity as was found. */
  unreadable(ref: ObjectRef, reason: string): void;
  meta(meta: ListMeta): void;
}

/** What a watch body gives. */
export interface WatchHandler<O> {
  /** Every event: BOOKMARK and ERROR too. */
  event(type: string, object: O): void;
  /** As in a list. `type` is '' where it was not found. */
  unreadable(type: string, ref: ObjectRef, reason: string): void;
}

/** Reads a body as it arrives. Throws WireError where the body as a whole makes no sense. */
export interface BodyDecoder {
  push(chunk: Uint8Array): void;
  /** The body is over. Throws WireError where it ended in the middle. */
  end(): void;
}

/** The stream itself, not one object in it, is unreadable: nothing after this point can be trusted. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export function tooLarge(size: number, limit: number): string {
  return `the object has ${size} bytes, over the limit of ${limit}`;
}
