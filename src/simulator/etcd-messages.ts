import { ProtobufFields } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/**
 * The messages of etcd's API (rpc.proto, kv.proto) that are needed to serve readers. Keys are ASCII here, so they
 * are strings; a range end may hold any byte, hence latin1.
 */
export interface RangeRequest {
  readonly key: string;
  /** '' = the key alone, NUL = everything from the key on. */
  readonly rangeEnd: string;
  readonly limit: number;
  readonly revision: number;
  readonly descending: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
}

export function readRangeRequest(message: Buffer): RangeRequest {
  const fields = new ProtobufFields(message);
  return {
    key: text(fields, 1),
    rangeEnd: text(fields, 2),
    limit: fields.number(3),
    revision: fields.number(4),
    descending: fields.number(5) === 2,
    keysOnly: fields.bool(8),
    countOnly: fields.bool(9),
  };
}

export interface WatchCreate {
  readonly type: 'create';
  readonly key: string;
  readonly rangeEnd: string;
  readonly startRevision: number;
  readonly progressNotify: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly prevKv: boolean;
  readonly watchId: number;
}
export type WatchRequest =
  WatchCreate | { readonly type: 'cancel'; readonly watchId: number } | { readonly type: 'progress' };

/** undefined for a request of an unknown kind. */
export function readWatchRequest(message: Buffer): WatchRequest | undefined {
  const fields = new ProtobufFields(message);
  const create = fields.bytes(1);
  if (create) {
    const inner = new ProtobufFields(create);
    const filters = inner.numbers(5);
    return {
      type: 'create',
      key: text(inner, 1),
      rangeEnd: text(inner, 2),
      startRevision: inner.number(3),
      progressNotify: inner.bool(4),
      noPut: filters.includes(0),
      noDelete: filters.includes(1),
      prevKv: inner.bool(6),
      watchId: inner.number(7),
    };
  }
  const cancel = fields.bytes(2);
  if (cancel) return { type: 'cancel', watchId: new ProtobufFields(cancel).number(1) };
  return fields.bytes(3) ? { type: 'progress' } : undefined;
}

function text(fields: ProtobufFields, field: number): string {
  return fields.bytes(field)?.toString('latin1') ?? '';
}

/** Whether `key` is in the range that `from` and `end` name. */
export function inRange(key: string, from: string, end: string): boolean {
  if (end === '') return key === from;
  return key >= from && (end === '\0' || key < end);
}

export interface KeyValue {
  readonly key: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly value: Uint8Array;
}

export function encodeKeyValue(kv: KeyValue): Buffer {
  const writer = new ProtobufWriter(kv.key.length + kv.value.length + 64).string(1, kv.key);
  if (kv.createRevision > 0) writer.varint(2, kv.createRevision);
  writer.varint(3, kv.modRevision);
  if (kv.version > 0) writer.varint(4, kv.version);
  if (kv.value.length > 0) writer.bytes(5, kv.value);
  return writer.finish();
}

/** Parts of a message that are copied together only once, when it is sent. */
export interface Pieces {
  readonly pieces: readonly Buffer[];
  readonly size: number;
}

export function pieces(all: readonly Buffer[]): Pieces {
  return { pieces: all, size: all.reduce((sum, piece) => sum + piece.length, 0) };
}

/** Puts `inner` as a length-delimited field behind `before`. */
export function addField(before: Buffer[], field: number, inner: Pieces): void {
  before.push(new ProtobufWriter(12).prefix(field, inner.size).finish(), ...inner.pieces);
}

export interface WatchAnswer {
  readonly header: Buffer;
  readonly watchId: number;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly compactRevision?: number;
  readonly cancelReason?: string;
  readonly events?: readonly Pieces[];
}

export function encodeWatchResponse(answer: WatchAnswer): Pieces {
  const writer = new ProtobufWriter().bytes(1, answer.header);
  if (answer.watchId !== 0) writer.varint(2, answer.watchId);
  if (answer.created) writer.bool(3, true);
  if (answer.canceled) writer.bool(4, true);
  if (answer.compactRevision) writer.varint(5, answer.compactRevision);
  if (answer.cancelReason) writer.string(6, answer.cancelReason);
  const all = [writer.finish()];
  for (const event of answer.events ?? []) addField(all, 11, event);
  return pieces(all);
}

/** `previous` only where the watch asked for it. */
export function encodeEvent(type: 'put' | 'delete', kv: Buffer, previous: Buffer | undefined): Pieces {
  const head = new ProtobufWriter(16);
  if (type === 'delete') head.varint(1, 1);
  const all = [head.prefix(2, kv.length).finish(), kv];
  if (previous) addField(all, 3, pieces([previous]));
  return pieces(all);
}
