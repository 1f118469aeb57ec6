import type { EtcdContext } from './etcd-context.ts';
import { addField, pieces, readRangeRequest } from './etcd-messages.ts';
import type { Pieces } from './etcd-messages.ts';
import { GRPC_CODE, GrpcError } from './grpc.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { lowerBound } from './table.ts';
import type { EtcdItem } from './world-items.ts';

/** KV/Range: the header has the current revision, also where the request pins an older one. */
export function answerRange(context: EtcdContext, message: Buffer): Pieces {
  const request = readRangeRequest(message);
  const revision = request.revision > 0 ? request.revision : context.revision;
  const items = context.table.at(revision, context.revision);
  if (items === 'compacted') throw compacted();
  if (items === 'future') {
    throw new GrpcError(GRPC_CODE.outOfRange, 'etcdserver: mvcc: required revision is a future revision');
  }
  const [from, to] = bounds(items, request.key, request.rangeEnd);
  const count = to - from;
  const all: Buffer[] = [new ProtobufWriter().bytes(1, context.header()).finish()];
  const tail = new ProtobufWriter();
  if (!request.countOnly) {
    const size = request.limit > 0 ? Math.min(request.limit, count) : count;
    for (let i = 0; i < size; i++) {
      const item = items[request.descending ? to - 1 - i : from + i] as EtcdItem;
      addField(all, 2, pieces([context.keyValue(item, request.keysOnly)]));
    }
    if (size < count) tail.bool(3, true);
  }
  if (count > 0) tail.varint(4, count);
  all.push(tail.finish());
  return pieces(all);
}

export function compacted(): GrpcError {
  return new GrpcError(GRPC_CODE.outOfRange, 'etcdserver: mvcc: required revision has been compacted');
}

function bounds(items: readonly EtcdItem[], key: string, end: string): readonly [number, number] {
  const from = lowerBound(items, key);
  if (end === '') return [from, items[from]?.key === key ? from + 1 : from];
  const to = end === '\0' ? items.length : lowerBound(items, end);
  return [from, Math.max(from, to)];
}
