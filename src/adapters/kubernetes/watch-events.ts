import type { Buffer } from 'node:buffer';
import type { DatastoreError } from '../../contract/datastore-error.ts';
import type { Delta } from '../../model/delta.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { JsonListDecoder, JsonWatchDecoder } from './wire/json-decoders.ts';
import type { Change, ObjectDecoder } from './object-decoder.ts';
import { readStatus } from './wire/proto-envelope.ts';
import { ProtoListDecoder } from './wire/proto-list-decoder.ts';
import { SharedValues, annotationFilter } from './wire/proto-meta.ts';
import { MetaOnlyReader } from './wire/proto-network.ts';
import { ProtoError } from './wire/proto-reader.ts';
import { ProtoWatchDecoder } from './wire/proto-watch-decoder.ts';
import { statusObjectError } from './connection/status-error.ts';
import {
  type BodyDecoder,
  type Encoding,
  type ListHandler,
  type WatchHandler,
  WireError,
} from './wire/wire.ts';

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

export interface Bookmark {
  readonly resourceVersion: string;
  /** The list part of a WatchList is complete. */
  readonly initialEventsEnd: boolean;
}

/** A list body in events that no longer depend on the encoding. */
export type ListEvents = Pick<ListHandler<never>, 'meta' | 'unreadable'> & {
  item<O>(object: O, decode: Decode<O>): void;
};

/**
 * Appends what an object says and returns its resourceVersion, '' = unknown. One function for a whole stream: a closure
 * for each object cost more than the work inside, as V8 compiles it again and again.
 */
export type Decode<O> = (change: Change, object: O, out: Delta[]) => string;

/** The same for a watch body. */
export type WatchEvents = Pick<WatchHandler<never>, 'unreadable'> & {
  change<O>(change: Change, object: O, decode: Decode<O>): void;
  bookmark(bookmark: Bookmark): void;
  failed(error: DatastoreError): void;
};

/** A decoder of list bodies of that encoding. */
export function listDecoder(
  encoding: Encoding,
  objects: ObjectDecoder,
  events: ListEvents,
  maxObjectBytes: number,
): BodyDecoder {
  const rest = {
    unreadable: events.unreadable.bind(events),
    meta: events.meta.bind(events),
  };
  if (encoding === 'json') {
    const decode: Decode<JsonObject> = (change, object, out) => objects.json(change, object, out);
    const item = (object: JsonObject): void => events.item(object, decode);
    return new JsonListDecoder({ item, ...rest }, maxObjectBytes);
  }
  const decode: Decode<Buffer> = (change, bytes, out) => objects.protobuf(change, bytes, out);
  const item = (bytes: Buffer): void => events.item(bytes, decode);
  return new ProtoListDecoder({ item, ...rest }, maxObjectBytes);
}

/** A decoder of watch bodies of that encoding. */
export function watchDecoder(
  encoding: Encoding,
  objects: ObjectDecoder,
  events: WatchEvents,
  maxObjectBytes: number,
): BodyDecoder {
  if (encoding === 'json') {
    const decode: Decode<JsonObject> = (change, object, out) => objects.json(change, object, out);
    const forms = { decode, bookmark: jsonBookmark, status: (object: JsonObject): unknown => object };
    return new JsonWatchDecoder(watchHandler(events, forms), maxObjectBytes);
  }
  const decode: Decode<Buffer> = (change, object, out) => objects.protobuf(change, object, out);
  const forms = { decode, bookmark: protoBookmark, status: protoStatus };
  return new ProtoWatchDecoder(watchHandler(events, forms), maxObjectBytes);
}

interface Forms<O> {
  readonly decode: Decode<O>;
  bookmark(object: O): Bookmark;
  status(object: O): unknown;
}

function watchHandler<O>(events: WatchEvents, forms: Forms<O>): WatchHandler<O> {
  return {
    unreadable: events.unreadable.bind(events),
    event(type, object) {
      switch (type) {
        case 'ADDED':
        case 'MODIFIED':
          events.change('put', object, forms.decode);
          return;
        case 'DELETED':
          events.change('remove', object, forms.decode);
          return;
        case 'BOOKMARK':
          events.bookmark(forms.bookmark(object));
          return;
        case 'ERROR':
          events.failed(statusObjectError(forms.status(object)));
          return;
        default:
          throw new WireError(`unknown watch event ${JSON.stringify(type.slice(0, 30))}`);
      }
    },
  };
}

function jsonBookmark(object: JsonObject): Bookmark {
  const { resourceVersion } = looseMeta(object);
  const metadata = object['metadata'] as JsonObject | undefined;
  const annotations = metadata?.['annotations'] as JsonObject | null | undefined;
  return { resourceVersion, initialEventsEnd: annotations?.[INITIAL_EVENTS_END] === 'true' };
}

function looseMeta(object: JsonObject): { resourceVersion: string } {
  const metadata = object['metadata'] as JsonObject | null | undefined;
  const version = metadata?.['resourceVersion'];
  return { resourceVersion: typeof version === 'string' ? version : '' };
}

function protoBookmark(object: Buffer): Bookmark {
  const reader = new MetaOnlyReader(new SharedValues(16), annotationFilter([INITIAL_EVENTS_END]));
  try {
    const { resourceVersion, annotations } = reader.read(object);
    return { resourceVersion, initialEventsEnd: annotations?.get(INITIAL_EVENTS_END) === 'true' };
  } catch (error) {
    if (error instanceof ProtoError) throw new WireError('unreadable bookmark', { cause: error });
    throw error;
  }
}

function protoStatus(object: Buffer): unknown {
  try {
    return readStatus(object);
  } catch (error) {
    if (error instanceof ProtoError) throw new WireError('unreadable error event', { cause: error });
    throw error;
  }
}
