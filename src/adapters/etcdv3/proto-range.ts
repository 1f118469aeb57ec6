import { ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

// etcd: api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto.

export interface ResponseHeader {
  /** Hexadecimal, as etcdctl shows it. */
  readonly clusterId: string;
  /** Of the whole store at the time of the answer, not of the data in it. */
  readonly revision: number;
}

/** Views of the received bytes: hold them only as long as the message may stay in memory. */
export interface KeyValue {
  readonly key: Buffer;
  readonly modRevision: number;
  readonly value: Buffer;
}

export interface RangeRequest {
  readonly key: Uint8Array;
  /** Empty = only `key`. */
  readonly rangeEnd: Uint8Array;
  /** 0 = no limit. */
  readonly limit?: number;
  /** 0 = the present one. */
  readonly revision?: number;
  readonly countOnly?: boolean;
}

export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  /** Of the whole range, whatever the limit. */
  readonly count: number;
}

/** Sorted by key, which is the server's default; never `serializable`: the answer is not older than the request. */
export function encodeRange(request: RangeRequest): Buffer {
  return new ProtoWriter()
    .bytes(1, request.key)
    .bytes(2, request.rangeEnd)
    .int64(3, request.limit ?? 0)
    .int64(4, request.revision ?? 0)
    .bool(9, request.countOnly ?? false)
    .finish();
}

export function decodeRange(bytes: Buffer): RangeResponse {
  const page = new RangePage(bytes);
  const kvs = Array.from({ length: page.length }, (_, i) => page.keyValue(i));
  return { header: page.header, kvs, more: page.more, count: page.count };
}

/**
 * A RangeResponse whose key-values are read when they are asked for: thousands that live as long as their page would be moved to the old
 * generation first and be collected there. Both the constructor and `keyValue` throw ProtoError.
 */
export class RangePage {
  readonly header: ResponseHeader;
  readonly more: boolean;
  /** Of the whole range, whatever the limit. */
  readonly count: number;
  readonly bytes: Buffer;
  /** Start and end of each key-value. */
  readonly #spans: number[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const reader = new ProtoReader(bytes);
    let header = NO_HEADER;
    let more = false;
    let count = 0;
    while (!reader.done) {
      const tag = reader.tag();
      if (tag === 0x12) this.#spans.push(reader.enter(), reader.at);
      else if (tag === 0x0a) header = readHeader(reader.message());
      else if (tag === 0x18) more = reader.bool();
      else if (tag === 0x20) count = reader.int64();
      else reader.skip(tag);
    }
    this.header = header;
    this.more = more;
    this.count = count;
  }

  /** How many key-values there are. */
  get length(): number {
    return this.#spans.length / 2;
  }

  keyValue(i: number): KeyValue {
    return readKeyValue(new ProtoReader(this.bytes, this.#spans[2 * i], this.#spans[2 * i + 1]));
  }
}

export const NO_HEADER: ResponseHeader = { clusterId: '0', revision: 0 };

export function readHeader(reader: ProtoReader): ResponseHeader {
  let clusterId = '0';
  let revision = 0;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x08) clusterId = reader.hex64();
    else if (tag === 0x18) revision = reader.int64();
    else reader.skip(tag);
  }
  return { clusterId, revision };
}

const EMPTY = Buffer.alloc(0);

export function readKeyValue(reader: ProtoReader): KeyValue {
  let key: Buffer = EMPTY;
  let modRevision = 0;
  let value: Buffer = EMPTY;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === 0x0a) key = reader.bytes();
    else if (tag === 0x18) modRevision = reader.int64();
    else if (tag === 0x2a) value = reader.bytes();
    else reader.skip(tag);
  }
  return { key, modRevision, value };
}
