import { Buffer } from 'node:buffer';
import { type Json, type MessageShape, Shapes, readFields } from './proto-json.ts';
import { SharedValues, text } from './proto-meta.ts';
import { BYTES, ProtoError, ProtoReader, fields } from './proto-reader.ts';

/** What stands before every protobuf object of the Kubernetes API (runtime/serializer/protobuf). */
export const MAGIC = Buffer.from('k8s\0');

const UNKNOWN = fields(2);
const WATCH_EVENT = fields(1, 2);
const RAW_EXTENSION = fields(1);
const LIST_META = fields(2, 3);

/** An event of a watch stream; `object` is a part of the frame, not a copy. */
export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`. */
  readonly type: string;
  /** The object without its envelope. */
  readonly object: Buffer;
}

/** Reads one frame: WatchEvent{1 type, 2 RawExtension{1 raw = envelope}}. Throws ProtoError. */
export function readWatchEvent(frame: Buffer): WatchEvent {
  const reader = new ProtoReader();
  reader.reset(frame);
  let type = '';
  let object: Buffer = EMPTY;
  while (reader.more()) {
    switch (reader.tag()) {
      case (1 << 3) | BYTES:
        type = text(reader);
        break;
      case (2 << 3) | BYTES:
        object = readExtension(reader);
        break;
      default:
        reader.skipUnless(WATCH_EVENT);
    }
  }
  return { type, object };
}

const EMPTY = Buffer.alloc(0);

function readExtension(reader: ProtoReader): Buffer {
  const outer = reader.enter();
  let object: Buffer = EMPTY;
  while (reader.more()) {
    if (reader.tag() === ((1 << 3) | BYTES)) {
      const inner = reader.enter();
      object = readEnvelope(reader);
      reader.leave(inner);
    } else {
      reader.skipUnless(RAW_EXTENSION);
    }
  }
  reader.leave(outer);
  return object;
}

/** The object inside `k8s\0` + Unknown{2 raw}, from the reader's position to its end. Throws ProtoError. */
function readEnvelope(reader: ProtoReader): Buffer {
  const { bytes, pos } = reader;
  if (
    reader.end - pos < MAGIC.length ||
    bytes.compare(MAGIC, 0, MAGIC.length, pos, pos + MAGIC.length) !== 0
  ) {
    throw new ProtoError('not a Kubernetes protobuf object');
  }
  reader.pos += MAGIC.length;
  let object: Buffer = EMPTY;
  while (reader.more()) {
    if (reader.tag() === ((2 << 3) | BYTES)) {
      const length = reader.length();
      object = bytes.subarray(reader.pos, reader.pos + length);
      reader.pos += length;
    } else {
      reader.skipUnless(UNKNOWN);
    }
  }
  return object;
}

/** The object inside an envelope that stands alone. Throws ProtoError. */
export function unwrap(bytes: Buffer): Buffer {
  const reader = new ProtoReader();
  reader.reset(bytes);
  return readEnvelope(reader);
}

export interface ListMeta {
  readonly resourceVersion: string;
  /** '' = the last page. */
  readonly continue: string;
}

/** Throws ProtoError. */
export function readListMeta(bytes: Buffer): ListMeta {
  const reader = new ProtoReader();
  reader.reset(bytes);
  const meta = { resourceVersion: '', continue: '' };
  while (reader.more()) {
    switch (reader.tag()) {
      case (2 << 3) | BYTES:
        meta.resourceVersion = text(reader);
        break;
      case (3 << 3) | BYTES:
        meta.continue = text(reader);
        break;
      default:
        reader.skipUnless(LIST_META);
    }
  }
  return meta;
}

/** A metav1.Status in the shape of its JSON, for `statusObjectError`. Throws ProtoError. */
export function readStatus(bytes: Buffer): Json {
  const s = new Shapes(new SharedValues(16));
  const shape: MessageShape = {
    2: s.string('status'),
    3: s.string('message'),
    4: s.string('reason'),
    5: s.message('details', {
      4: s.messages('causes', { 1: s.string('reason'), 2: s.string('message') }),
      5: s.integer('retryAfterSeconds'),
    }),
    6: s.integer('code'),
  };
  const reader = new ProtoReader();
  reader.reset(bytes);
  const status: Json = {};
  readFields(reader, shape, status);
  return status;
}
