import type { Buffer } from 'node:buffer';
import type { Delta } from '../../model/delta.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { EntryKey } from '../../model/objects.ts';
import type { ObjectRef } from './wire/object-ref.ts';

/** How the objects of one API collection are read, and what they mean. */
export interface ObjectKind<T extends ObjectRef> {
  /** For people: `pods`. */
  readonly what: string;
  /** Throws ProtoError. Undefined for custom resources, which have no protobuf form. */
  readonly fromProto: ((bytes: Buffer) => T) | undefined;
  /** Throws ConversionError. */
  fromJson(object: JsonObject): T;
  /** Appends what the object says. Throws ConversionError. */
  put(object: T, out: Delta[]): void;
  /** Appends what the end of the object says. Never throws. */
  remove(ref: ObjectRef, out: Delta[]): void;
  /** Under which keys the object is known; for one that cannot be read. Never throws. */
  keys(ref: ObjectRef): readonly EntryKey[];
}

const MAX_SHOWN = 253;

/** Names an object for people: `services web/shop`. */
export function whereOf(what: string, ref: ObjectRef): string {
  if (ref.name === '') return `${what} (name unknown)`;
  const name = ref.name.slice(0, MAX_SHOWN);
  return ref.namespace === '' ? `${what} ${name}` : `${what} ${ref.namespace.slice(0, MAX_SHOWN)}/${name}`;
}
