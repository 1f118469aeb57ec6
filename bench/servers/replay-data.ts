import { bookmarkObject, eventPieces, objectEnvelope } from '../../src/simulator/kubernetes-frames.ts';
import { encodeObject } from '../../src/simulator/object-encoding.ts';
import type { Format } from '../../src/simulator/object-encoding.ts';
import { ProtobufWriter, bytesTag, varintSize, writeVarint } from '../../src/simulator/protobuf-writer.ts';
import type { WorldItem } from '../../src/simulator/world-items.ts';
import type { World } from '../../src/simulator/world.ts';

const POD = { kind: 'Pod', groupVersion: 'v1' };
const POD_LIST = { kind: 'PodList', groupVersion: 'v1' };
/** One write to a socket: many pieces cost more than the bytes. */
const CHUNK_BYTES = 256 * 1024;

/** A pod as the API server answers it. */
export function encodePod(world: World, pod: WorldItem, format: Format): Buffer {
  return encodeObject(world.facts, pod, pod.revision, { format, group: 'crd.projectcalico.org/v1' });
}

/** Events ready to be sent, in large chunks. */
export function eventChunks(
  type: 'ADDED' | 'MODIFIED',
  objects: readonly Buffer[],
  format: Format,
): Buffer[] {
  const chunks: Buffer[] = [];
  let pieces: Buffer[] = [];
  let size = 0;
  const flush = (): void => {
    if (size > 0) chunks.push(Buffer.concat(pieces, size));
    pieces = [];
    size = 0;
  };
  for (const object of objects) {
    for (const piece of eventPieces(type, POD, object, format)) {
      pieces.push(piece);
      size += piece.length;
    }
    if (size >= CHUNK_BYTES) flush();
  }
  flush();
  return chunks;
}

/** The bookmark that ends a WatchList. */
export function endOfList(revision: number, format: Format): Buffer {
  return Buffer.concat(eventPieces('BOOKMARK', POD, bookmarkObject(revision, true, format), format));
}

/** A whole PodList. */
export function listBody(objects: readonly Buffer[], revision: number, format: Format): Buffer[] {
  if (format === 'json') {
    const head = `{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"${revision}"},"items":[`;
    const items = objects.flatMap((object, i) => (i === 0 ? [object] : [Buffer.from(','), object]));
    return [Buffer.from(head), ...items, Buffer.from(']}')];
  }
  const meta = new ProtobufWriter().string(2, String(revision)).finish();
  const metadata = new ProtobufWriter().bytes(1, meta).finish();
  const tag = bytesTag(2);
  const items = objects.flatMap((object) => {
    const prefix = Buffer.allocUnsafe(tag.length + varintSize(object.length));
    writeVarint(prefix, tag.copy(prefix), object.length);
    return [prefix, object];
  });
  const size = items.reduce((sum, piece) => sum + piece.length, metadata.length);
  const { head, tail } = objectEnvelope(POD_LIST, size, 'protobuf');
  return [head, metadata, ...items, tail];
}
