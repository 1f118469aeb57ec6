import { STATUS, BARE_OBJECT } from './kubernetes-schema.ts';
import { statusObject } from './kubernetes-status.ts';
import type { ApiFailure } from './kubernetes-status.ts';
import type { ApiResource } from './kubernetes-resources.ts';
import type { Format } from './object-encoding.ts';
import { ProtobufWriter, bytesTag, varintSize, writeVarint } from './protobuf-writer.ts';
import { compileProtobuf, render } from './template.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** Starts every protobuf body of a Kubernetes API server; an `Unknown` message follows. */
const MAGIC = Buffer.from('k8s\0', 'latin1');
/** `Unknown.contentEncoding` and `contentType`, both empty, as servers write them. */
const UNKNOWN_END = Buffer.from([0x1a, 0, 0x22, 0]);
const RAW = bytesTag(2);
const EVENT_OBJECT = bytesTag(2);
const EXTENSION_RAW = bytesTag(1);

type Kind = Pick<ApiResource, 'kind' | 'groupVersion'>;

/** What stands before and after an object's or list's bytes in a body of its own. */
export function objectEnvelope(kind: Kind, size: number, format: Format): { head: Buffer; tail: Buffer } {
  if (format === 'json') {
    return { head: Buffer.from(`${typeFields(kind)},`), tail: Buffer.from('\n') };
  }
  return { head: unknownHead(kind, size), tail: UNKNOWN_END };
}

/** `{"kind":…,"apiVersion":…` without the end. */
export function typeFields({ kind, groupVersion }: Kind): string {
  return `{"kind":"${kind}","apiVersion":"${groupVersion}"`;
}

/** `k8s\0`, the type, and the tag and size of the raw bytes that follow. */
function unknownHead(kind: Kind, rawSize: number): Buffer {
  const type = unknownType(kind);
  const head = Buffer.allocUnsafe(type.length + varintSize(rawSize));
  writeVarint(head, type.copy(head), rawSize);
  return head;
}

/** The part of the head that depends on the kind alone: it is the same in every event. */
const unknownTypes = new Map<string, Buffer>();

function unknownType({ kind, groupVersion }: Kind): Buffer {
  const key = `${groupVersion} ${kind}`;
  let type = unknownTypes.get(key);
  if (type === undefined) {
    const meta = new ProtobufWriter().string(1, groupVersion).string(2, kind).finish();
    type = Buffer.concat([MAGIC, new ProtobufWriter().bytes(1, meta).finish(), RAW]);
    unknownTypes.set(key, type);
  }
  return type;
}

/**
 * One event of a watch: a line of JSON, or a protobuf frame (four bytes of length, then WatchEvent). `object` is the
 * object without type fields. Returns pieces, so that the object is copied once only, into the batch.
 */
export function eventPieces(type: EventType, kind: Kind, object: Buffer, format: Format): Buffer[] {
  if (format === 'json') {
    const head = `{"type":"${type}","object":${typeFields(kind)},`;
    return [Buffer.from(head, 'latin1'), object.subarray(1), JSON_EVENT_END];
  }
  const unknown = unknownType(kind);
  const raw = unknown.length + varintSize(object.length) + object.length + UNKNOWN_END.length;
  const extension = EXTENSION_RAW.length + varintSize(raw) + raw;
  const event = 2 + type.length + EVENT_OBJECT.length + varintSize(extension) + extension;
  const head = Buffer.allocUnsafe(4 + event - object.length - UNKNOWN_END.length);
  head.writeUInt32BE(event, 0);
  head[4] = 0x0a;
  head[5] = type.length;
  head.write(type, 6, 'latin1');
  let at = 6 + type.length;
  at += EVENT_OBJECT.copy(head, at);
  at = writeVarint(head, at, extension);
  at += EXTENSION_RAW.copy(head, at);
  at = writeVarint(head, at, raw);
  at += unknown.copy(head, at);
  writeVarint(head, at, object.length);
  return [head, object, UNKNOWN_END];
}

const JSON_EVENT_END = Buffer.from('}\n');

/** An object of the kind that has nothing but a revision; `initialEventsEnd` marks the end of a WatchList. */
export function bookmarkObject(revision: number, initialEventsEnd: boolean, format: Format): Buffer {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const object = { metadata: { resourceVersion: String(revision), ...annotations } };
  if (format === 'json') return Buffer.from(JSON.stringify(object));
  return render(compileProtobuf(object, BARE_OBJECT), []);
}

const STATUS_KIND: Kind = { kind: 'Status', groupVersion: 'v1' };

export function errorEvent(problem: ApiFailure, format: Format): Buffer {
  const {
    kind: _kind,
    apiVersion: _apiVersion,
    ...status
  } = statusObject(problem) as Record<string, unknown>;
  const object =
    format === 'json' ? Buffer.from(JSON.stringify(status)) : render(compileProtobuf(status, STATUS), []);
  return Buffer.concat(eventPieces('ERROR', STATUS_KIND, object, format));
}

export function contentType(format: Format, stream: boolean): string {
  if (format === 'json') return 'application/json';
  return stream ? 'application/vnd.kubernetes.protobuf;stream=watch' : 'application/vnd.kubernetes.protobuf';
}
