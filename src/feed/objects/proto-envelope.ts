import { ProtoWriter } from './proto-writer.ts';

/** What every protobuf body of the Kubernetes API starts with. */
const MAGIC = Buffer.from('k8s\0');

/**
 * A body: the magic bytes and a `runtime.Unknown` that says what the message is. Field numbers: k8s.io/apimachinery
 * pkg/runtime generated.proto.
 */
export function protobufBody(apiVersion: string, kind: string, message: Uint8Array): Buffer {
  const writer = new ProtoWriter();
  writer.text(4, '');
  writer.text(3, '');
  writer.bytes(2, message);
  writeType(writer, apiVersion, kind);
  writer.raw(MAGIC);
  return writer.take();
}

/** What stands before and after a message of that many bytes in its body: for lists, which are not put together in memory. */
export function protobufBodyEnds(
  apiVersion: string,
  kind: string,
  messageBytes: number,
): { readonly head: Buffer; readonly tail: Buffer } {
  const writer = new ProtoWriter();
  writer.length(2, messageBytes);
  writeType(writer, apiVersion, kind);
  writer.raw(MAGIC);
  const head = writer.take();
  writer.text(4, '');
  writer.text(3, '');
  return { head, tail: writer.take() };
}

/** A `meta/v1 WatchEvent` around a body, with its length in four bytes in front: one frame of a watch stream. */
export function protobufFrame(type: string, body: Uint8Array): Buffer {
  const writer = new ProtoWriter();
  writer.message(2, () => writer.bytes(1, body));
  writer.text(1, type);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(writer.size);
  writer.raw(length);
  return writer.take();
}

function writeType(writer: ProtoWriter, apiVersion: string, kind: string): void {
  writer.message(1, () => {
    writer.text(2, kind);
    writer.text(1, apiVersion);
  });
}
