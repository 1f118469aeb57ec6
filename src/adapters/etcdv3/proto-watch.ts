import { NO_HEADER, readHeader, readKeyValue } from './proto-range.ts';
import type { KeyValue, ResponseHeader } from './proto-range.ts';
import { ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

// etcd: api/etcdserverpb/rpc.proto, WatchRequest and WatchResponse.

export interface WatchCreate {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly startRevision: number;
}

export interface WatchEvent {
  readonly op: 'put' | 'delete';
  /** Of a delete the value is empty and `modRevision` is the one of the delete itself. */
  readonly kv: KeyValue;
}

export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0 where the watch was canceled since it started at or before a compaction. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More fragments of the same revision follow. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

/** Without prev_kv, which a compaction may take away anyway; in fragments, with progress notifications. */
export function encodeWatchCreate(create: WatchCreate): Buffer {
  const body = new ProtoWriter()
    .bytes(1, create.key)
    .bytes(2, create.rangeEnd)
    .int64(3, create.startRevision)
    .bool(4, true)
    .bool(8, true)
    .finish();
  return new ProtoWriter().message(1, body).finish();
}

export function encodeWatchProgress(): Buffer {
  return new ProtoWriter().message(3, Buffer.alloc(0)).finish();
}

interface Draft {
  header: ResponseHeader;
  created: boolean;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  fragment: boolean;
  readonly events: WatchEvent[];
}

export function decodeWatch(bytes: Buffer): WatchResponse {
  const reader = new ProtoReader(bytes);
  const draft: Draft = {
    header: NO_HEADER,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
  };
  while (!reader.done) readField(draft, reader.tag(), reader);
  return draft;
}

function readField(draft: Draft, tag: number, reader: ProtoReader): void {
  switch (tag) {
    case 0x5a:
      draft.events.push(readEvent(reader.message()));
      return;
    case 0x0a:
      draft.header = readHeader(reader.message());
      return;
    case 0x18:
      draft.created = reader.bool();
      return;
    case 0x20:
      draft.canceled = reader.bool();
      return;
    case 0x28:
      draft.compactRevision = reader.int64();
      return;
    case 0x32:
      draft.cancelReason = reader.string();
      return;
    case 0x38:
      draft.fragment = reader.bool();
      return;
    default:
      reader.skip(tag);
  }
}

const NO_KEY_VALUE: KeyValue = { key: Buffer.alloc(0), modRevision: 0, value: Buffer.alloc(0) };

function readEvent(reader: ProtoReader): WatchEvent {
  let deleted = false;
  let kv = NO_KEY_VALUE;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x12) kv = readKeyValue(reader.message());
    else if (tag === 0x08) deleted = reader.int64() === 1;
    else reader.skip(tag);
  }
  return { op: deleted ? 'delete' : 'put', kv };
}
