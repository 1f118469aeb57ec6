import { takeBuffer } from './slab.ts';
import { bytesTag, varintSize, writeVarint } from './protobuf-writer.ts';

/**
 * An encoded object with holes. Objects of one workload differ in few places, so that all the rest is encoded once
 * and shared: 250,000 pods then cost little memory, and rendering one is a few copies.
 */
export type Part =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'text'; readonly slot: number }
  | { readonly type: 'nested'; readonly tag: Uint8Array; readonly parts: readonly Part[] };

/** A message's fields: JSON name → field number and type. `inline` fields stand in the parent's JSON. */
export interface MessageSchema {
  readonly [field: string]: readonly [number, FieldType] | readonly [number, MessageSchema, 'inline'];
}
export type FieldType =
  | 'string'
  | 'bool'
  | 'int'
  | 'time'
  | 'quantity'
  | 'intOrString'
  /** A JSON object that travels as JSON bytes in field 1 of a message (FieldsV1). */
  | 'json'
  | 'stringMap'
  | 'quantityMap'
  | MessageSchema;

const SLOT = /«(\d+)»/;

/**
 * The place of a value in any string of a template's object. Values are ASCII and need no JSON escapes. Where the
 * field is a time, the value of the next slot is its `timeMessage`.
 */
export function slot(index: number): string {
  return `«${index}»`;
}

export function compileJson(object: object): Part[] {
  return textParts(JSON.stringify(object));
}

/** Throws where a field of `object` is not in the schema: a mistake in this room, never input. */
export function compileProtobuf(object: object, schema: MessageSchema): Part[] {
  const known = fieldNames(schema);
  const unknown = Object.keys(object).find((name) => !known.has(name));
  if (unknown !== undefined) throw new TypeError(`field ${unknown} is not in the schema`);
  const parts: Part[] = [];
  for (const [name, field] of Object.entries(schema)) {
    if (field.length === 3) {
      const inner = compileProtobuf(pick(object, field[1]), field[1]);
      if (inner.length > 0) parts.push(nested(field[0], inner));
      continue;
    }
    const value: unknown = (object as Record<string, unknown>)[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      parts.push(...fieldParts(field[0], field[1], one));
    }
  }
  return merged(parts);
}

/** Renders a template; `values` are the texts of the slots by index. */
export function render(parts: readonly Part[], values: readonly string[]): Buffer {
  const sizes: number[] = [];
  const target = takeBuffer(measure(parts, values, sizes));
  write(parts, values, { target, offset: 0, sizes, nextSize: 0 });
  return target;
}

/** The size of the parts; those of nested messages are added to `sizes` in the order of their start. */
function measure(parts: readonly Part[], values: readonly string[], sizes: number[]): number {
  let size = 0;
  for (const part of parts) {
    if (part.type === 'bytes') size += part.bytes.length;
    else if (part.type === 'text') size += (values[part.slot] ?? '').length;
    else {
      const at = sizes.push(0) - 1;
      const inner = measure(part.parts, values, sizes);
      sizes[at] = inner;
      size += part.tag.length + varintSize(inner) + inner;
    }
  }
  return size;
}

interface Cursor {
  readonly target: Buffer;
  offset: number;
  readonly sizes: readonly number[];
  nextSize: number;
}

function write(parts: readonly Part[], values: readonly string[], cursor: Cursor): void {
  for (const part of parts) {
    if (part.type === 'bytes') {
      cursor.target.set(part.bytes, cursor.offset);
      cursor.offset += part.bytes.length;
    } else if (part.type === 'text') {
      cursor.offset = writeText(cursor.target, cursor.offset, values[part.slot] ?? '');
    } else {
      cursor.target.set(part.tag, cursor.offset);
      const size = cursor.sizes[cursor.nextSize++] ?? 0;
      cursor.offset = writeVarint(cursor.target, cursor.offset + part.tag.length, size);
      write(part.parts, values, cursor);
    }
  }
}

/** Most values are short, and a call into the runtime costs more than a loop. */
function writeText(target: Buffer, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[offset + i] = text.charCodeAt(i);
  return offset + text.length;
}

/** The content of a `Time` message, one character for each byte. */
export function timeMessage(seconds: number): string {
  const bytes = Buffer.alloc(1 + varintSize(seconds));
  bytes[0] = 0x08;
  writeVarint(bytes, 1, seconds);
  return bytes.toString('latin1');
}

function fieldParts(field: number, type: FieldType, value: unknown): Part[] {
  if (typeof type === 'object') return [nested(field, compileProtobuf(value as object, type))];
  switch (type) {
    case 'string':
      return [nested(field, textParts(String(value)))];
    case 'bool':
    case 'int':
      return [varint(field, Number(value))];
    case 'time':
      return [nested(field, timeParts(String(value)))];
    case 'quantity':
      return [nested(field, [nested(1, textParts(String(value)))])];
    case 'intOrString':
      return [nested(field, intOrString(value))];
    case 'json':
      return [nested(field, [nested(1, textParts(JSON.stringify(value)))])];
    case 'stringMap':
      return mapParts(field, value, (text) => nested(2, textParts(text)));
    case 'quantityMap':
      return mapParts(field, value, (text) => nested(2, [nested(1, textParts(text))]));
    default:
      throw new TypeError(`unknown field type ${String(type)}`);
  }
}

function mapParts(field: number, value: unknown, entry: (text: string) => Part): Part[] {
  return Object.entries(value as Record<string, string>).map(([key, text]) =>
    nested(field, [nested(1, textParts(key)), entry(text)]),
  );
}

function timeParts(text: string): Part[] {
  const hole = SLOT.exec(text)?.[1];
  return hole === undefined
    ? [varint(1, Date.parse(text) / 1000)]
    : [{ type: 'text', slot: Number(hole) + 1 }];
}

function intOrString(value: unknown): Part[] {
  return typeof value === 'number'
    ? [varint(1, 0), varint(2, value)]
    : [varint(1, 1), nested(3, textParts(String(value)))];
}

function varint(field: number, value: number): Part {
  const bytes = Buffer.alloc(varintSize(field * 8) + varintSize(value));
  writeVarint(bytes, writeVarint(bytes, 0, field * 8), value);
  return { type: 'bytes', bytes };
}

function nested(field: number, parts: readonly Part[]): Part {
  return { type: 'nested', tag: bytesTag(field), parts: merged(parts) };
}

function textParts(text: string): Part[] {
  return text
    .split(SLOT)
    .map((piece, i): Part =>
      i % 2 === 1
        ? { type: 'text', slot: Number(piece) }
        : { type: 'bytes', bytes: Buffer.from(piece, 'utf8') },
    )
    .filter((part) => part.type !== 'bytes' || part.bytes.length > 0);
}

/** Joins neighbours without holes; a nested message without holes becomes bytes. */
function merged(parts: readonly Part[]): Part[] {
  const out: Part[] = [];
  let run: Uint8Array[] = [];
  const flush = (): void => {
    if (run.length > 0) out.push({ type: 'bytes', bytes: Buffer.concat(run) });
    run = [];
  };
  for (const part of parts) {
    if (part.type === 'bytes') run.push(part.bytes);
    else if (part.type === 'nested' && part.parts.every((inner) => inner.type === 'bytes')) {
      run.push(render([part], []));
    } else {
      flush();
      out.push(part);
    }
  }
  flush();
  return out;
}

/** The JSON names, those of inline messages included. */
function fieldNames(schema: MessageSchema): Set<string> {
  const names = new Set<string>();
  for (const [name, field] of Object.entries(schema)) {
    if (field.length === 3) for (const inner of fieldNames(field[1])) names.add(inner);
    else names.add(name);
  }
  return names;
}

function pick(object: object, schema: MessageSchema): object {
  const known = fieldNames(schema);
  return Object.fromEntries(Object.entries(object).filter(([name]) => known.has(name)));
}
