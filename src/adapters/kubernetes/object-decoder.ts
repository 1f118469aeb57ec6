import type { Buffer } from 'node:buffer';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { ConversionError } from '../../model/conversion-error.ts';
import type { Delta } from '../../model/delta.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { looseRefOfJson } from './json-ref.ts';
import { type ObjectKind, whereOf } from './object-kind.ts';
import { NO_REF, type ObjectRef } from './wire/object-ref.ts';
import { identityOf } from './wire/proto-identity.ts';
import { ProtoError } from './wire/proto-reader.ts';

export type Change = 'put' | 'remove';

/** Kubernetes allows no longer names; a remote that sends some is not to fill our memory with them. */
const MAX_NAME = 253;

/** Turns objects of one collection into deltas. No object can make it fail, except a removal that names nothing. */
export interface ObjectDecoder {
  readonly what: string;
  readonly readsProtobuf: boolean;
  /** Appends what the object says and returns its resourceVersion, '' = unknown. */
  protobuf(change: Change, bytes: Buffer, out: Delta[]): string;
  json(change: Change, object: JsonObject, out: Delta[]): string;
  /**
   * Appends what can be said of an object that cannot be read: known objects stay as they are.
   * @throws DatastoreError `relist` for a removal whose object is unknown: only a list can tell what is gone.
   */
  unreadable(change: Change, ref: ObjectRef, reason: string, out: Delta[]): void;
}

/** `excluded` are namespaces whose objects are not read. */
export function objectDecoder<T extends ObjectRef>(
  kind: ObjectKind<T>,
  excluded: ReadonlySet<string>,
): ObjectDecoder {
  return new KindDecoder(kind, excluded);
}

class KindDecoder<T extends ObjectRef> implements ObjectDecoder {
  readonly what: string;
  readonly readsProtobuf: boolean;
  readonly #kind: ObjectKind<T>;
  readonly #excluded: ReadonlySet<string>;

  constructor(kind: ObjectKind<T>, excluded: ReadonlySet<string>) {
    this.#kind = kind;
    this.#excluded = excluded;
    this.what = kind.what;
    this.readsProtobuf = kind.fromProto !== undefined;
  }

  protobuf(change: Change, bytes: Buffer, out: Delta[]): string {
    let object: T;
    try {
      if (this.#kind.fromProto === undefined) throw new ProtoError('has no protobuf form');
      object = this.#kind.fromProto(bytes);
    } catch (error) {
      if (!(error instanceof ProtoError)) throw error;
      const ref = identityOf(bytes);
      this.unreadable(change, ref, error.message, out);
      return ref.resourceVersion;
    }
    return this.#say(change, object, out);
  }

  json(change: Change, value: JsonObject, out: Delta[]): string {
    let object: T;
    try {
      object = this.#kind.fromJson(value);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      const ref = looseRefOfJson(value);
      this.unreadable(change, ref, error.message, out);
      return ref.resourceVersion;
    }
    return this.#say(change, object, out);
  }

  unreadable(change: Change, ref: ObjectRef, reason: string, out: Delta[]): void {
    if (this.#isExcluded(ref)) return;
    const { what } = this;
    if (change === 'remove') {
      if (ref.name === '' || isOverlong(ref)) {
        const message = `${what}: a deleted object cannot be read: ${reason}`;
        throw new DatastoreError('relist', 'ProtocolError', message);
      }
      this.#kind.remove(ref, out);
      return;
    }
    const where = whereOf(what, ref);
    const [id, ...others] = ref.name === '' || isOverlong(ref) ? [] : this.#kind.keys(ref);
    out.push({ op: 'skip', id, where, reason });
    for (const other of others) out.push({ op: 'skip', id: other, where, reason });
  }

  #say(change: Change, object: T, out: Delta[]): string {
    if (this.#isExcluded(object)) return object.resourceVersion;
    if (isOverlong(object)) {
      this.unreadable(change, NO_REF, `metadata: a name has more than ${MAX_NAME} characters`, out);
      return object.resourceVersion;
    }
    if (change === 'remove') {
      this.#kind.remove(object, out);
      return object.resourceVersion;
    }
    const before = out.length;
    try {
      this.#kind.put(object, out);
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error;
      out.length = before;
      this.unreadable(change, object, error.message, out);
    }
    return object.resourceVersion;
  }

  #isExcluded(ref: ObjectRef): boolean {
    if (this.#excluded.size === 0) return false;
    return this.#excluded.has(this.what === 'namespaces' ? ref.name : ref.namespace);
  }
}

function isOverlong({ namespace, name, nodeName }: ObjectRef): boolean {
  return namespace.length > MAX_NAME || name.length > MAX_NAME || nodeName.length > MAX_NAME;
}
