import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { tagged } from './kube-proto.ts';

/** Arbitraries for fields by name; others get any value of their type. */
export interface Generators {
  /** A string for the field of that name; undefined = any. */
  readonly strings?: Readonly<Record<string, fc.Arbitrary<string>>>;
  /** Ranges of numbers by field name. */
  readonly integers?: Readonly<Record<string, fc.Arbitrary<number>>>;
}

const anyString = fc.oneof(
  fc.constantFrom('', 'a', 'app', 'web', 'kube-system', 'Übung', '漢字', '🙂'),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
);
const unknownNumber = fc.integer({ min: 200, max: 5000 });

/** Bytes of a random message of that type: random fields, in random order, with unknown fields between. */
export function messageBytes(
  type: protobuf.Type,
  generators: Generators = {},
  depth = 0,
): fc.Arbitrary<Buffer> {
  const known = type.fieldsArray.map((field) => fieldBytes(field.resolve(), generators, depth));
  const foreign = fc.array(unknownField(), { maxLength: 2 });
  return fc.tuple(fc.tuple(...known), foreign, fc.infiniteStream(fc.nat())).map(([fields, extra, order]) => {
    const parts = [...fields.flat(), ...extra];
    const keyed = parts.map((bytes) => ({ bytes, at: order.next().value }));
    return Buffer.concat(keyed.sort((a, b) => a.at - b.at).map(({ bytes }) => bytes));
  });
}

/** Each element of the result is one occurrence of the field. */
function fieldBytes(field: protobuf.Field, generators: Generators, depth: number): fc.Arbitrary<Buffer[]> {
  if (depth > 6) return fc.constant([]);
  const { id } = field;
  if (field instanceof protobuf.MapField) {
    const text = generators.strings?.[field.name] ?? anyString;
    const entry = fc.tuple(text, text, fc.boolean()).map(([key, value, swapped]) => {
      const parts = [tagged(1, Buffer.from(key)), tagged(2, Buffer.from(value))];
      return tagged(id, Buffer.concat(swapped ? parts.toReversed() : parts));
    });
    return fc.array(entry, { maxLength: 4 });
  }
  const one = valueBytes(field, generators, depth);
  return field.repeated
    ? fc.array(one, { maxLength: 3 })
    : fc.option(one).map((bytes) => (bytes ? [bytes] : []));
}

function valueBytes(field: protobuf.Field, generators: Generators, depth: number): fc.Arbitrary<Buffer> {
  const { id } = field;
  if (field.resolvedType instanceof protobuf.Type) {
    return messageBytes(field.resolvedType, generators, depth + 1).map((bytes) => tagged(id, bytes));
  }
  const writer = (write: (to: protobuf.Writer) => protobuf.Writer, wire: number): Buffer =>
    Buffer.from(write(new protobuf.Writer().uint32((id << 3) | wire)).finish());
  switch (field.type) {
    case 'string':
      return (generators.strings?.[field.name] ?? anyString).map((text) => tagged(id, Buffer.from(text)));
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => tagged(id, bytes));
    case 'bool':
      return fc.boolean().map((value) => writer((to) => to.bool(value), 0));
    case 'int32':
      return (generators.integers?.[field.name] ?? fc.integer()).map((value) =>
        writer((to) => to.int32(value), 0),
      );
    default:
      return (generators.integers?.[field.name] ?? fc.maxSafeInteger()).map((value) =>
        writer((to) => to.int64(value), 0),
      );
  }
}

function unknownField(): fc.Arbitrary<Buffer> {
  const head = (number: number, wire: number): protobuf.Writer =>
    new protobuf.Writer().uint32((number << 3) | wire);
  return fc.oneof(
    fc.tuple(unknownNumber, fc.maxSafeInteger()).map(([n, v]) => Buffer.from(head(n, 0).int64(v).finish())),
    fc.tuple(unknownNumber, fc.nat()).map(([n, v]) => Buffer.from(head(n, 5).fixed32(v).finish())),
    fc.tuple(unknownNumber, fc.nat()).map(([n, v]) => Buffer.from(head(n, 1).fixed64(v).finish())),
    fc.tuple(unknownNumber, fc.uint8Array({ maxLength: 20 })).map(([n, bytes]) => tagged(n, bytes)),
  );
}
