import { type MetaReader, type SharedValues, interned, readEntry } from './proto-meta.ts';
import { BYTES, ProtoError, type ProtoReader, VARINT } from './proto-reader.ts';

/**
 * Readers of the smaller core kinds give the object in the shape of its JSON, reduced to the wanted fields, so that
 * one conversion (model/kubernetes-json.ts) serves both encodings. Pods, of which there are ten times more, have a
 * reader without that step.
 */
export type Json = Record<string, unknown>;

/** Reads the value of one field into the object under construction. */
export type FieldReader = (reader: ProtoReader, into: Json) => void;

/** Fields of a message by number: the wire type that each must have, and how it is read. */
export interface MessageShape {
  readonly [field: number]: { readonly wire: number; readonly read: FieldReader };
}

/** Reads fields until the reader's end. A known field with another wire type throws ProtoError. */
export function readFields(reader: ProtoReader, shape: MessageShape, into: Json): void {
  while (reader.more()) {
    const tag = reader.tag();
    const field = shape[tag >>> 3];
    if (field === undefined) reader.skip();
    else if ((tag & 7) === field.wire) field.read(reader, into);
    else throw new ProtoError(`field ${tag >>> 3} has a wrong wire type`);
  }
}

/** Builds the shapes of one kind, with the strings of one datastore. */
export class Shapes {
  readonly #shared: SharedValues;

  constructor(shared: SharedValues) {
    this.#shared = shared;
  }

  string(key: string): MessageShape[number] {
    const { strings } = this.#shared;
    return { wire: BYTES, read: (reader, into) => (into[key] = interned(reader, strings)) };
  }

  strings(key: string): MessageShape[number] {
    const { strings } = this.#shared;
    return { wire: BYTES, read: (reader, into) => listOf(into, key).push(interned(reader, strings)) };
  }

  addresses(key: string): MessageShape[number] {
    const { addresses } = this.#shared;
    return { wire: BYTES, read: (reader, into) => listOf(into, key).push(interned(reader, addresses)) };
  }

  address(key: string): MessageShape[number] {
    const { addresses } = this.#shared;
    return { wire: BYTES, read: (reader, into) => (into[key] = interned(reader, addresses)) };
  }

  integer(key: string): MessageShape[number] {
    return { wire: VARINT, read: (reader, into) => (into[key] = reader.int32()) };
  }

  boolean(key: string): MessageShape[number] {
    return { wire: VARINT, read: (reader, into) => (into[key] = reader.bool()) };
  }

  message(key: string, shape: MessageShape): MessageShape[number] {
    return {
      wire: BYTES,
      read: (reader, into) => {
        const known = into[key] as Json | undefined;
        const inner = known ?? {};
        into[key] = inner;
        readMessage(reader, shape, inner);
      },
    };
  }

  messages(key: string, shape: MessageShape): MessageShape[number] {
    return {
      wire: BYTES,
      read: (reader, into) => {
        const inner: Json = {};
        listOf(into, key).push(inner);
        readMessage(reader, shape, inner);
      },
    };
  }

  /** A `map<string, string>`. */
  stringMap(key: string): MessageShape[number] {
    const { strings } = this.#shared;
    return {
      wire: BYTES,
      read: (reader, into) => {
        const [name, value] = readEntry(reader, strings);
        const known = into[key] as Json | undefined;
        const map = known ?? {};
        into[key] = map;
        // Not an assignment: a key such as `__proto__` is a key like any other.
        Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
      },
    };
  }

  /** Kubernetes' IntOrString: `type` 0 means the number. */
  intOrString(key: string): MessageShape[number] {
    const shape = { 1: this.integer('type'), 2: this.integer('intVal'), 3: this.string('strVal') };
    return {
      wire: BYTES,
      read: (reader, into) => {
        const value: Json = {};
        readMessage(reader, shape, value);
        into[key] = value['type'] === 1 ? (value['strVal'] ?? '') : (value['intVal'] ?? 0);
      },
    };
  }

  meta(meta: MetaReader): MessageShape[number] {
    return { wire: BYTES, read: (reader) => meta.read(reader) };
  }
}

function listOf(into: Json, key: string): unknown[] {
  const known = into[key];
  if (Array.isArray(known)) return known;
  const list: unknown[] = [];
  into[key] = list;
  return list;
}

function readMessage(reader: ProtoReader, shape: MessageShape, into: Json): void {
  const outer = reader.enter();
  readFields(reader, shape, into);
  reader.leave(outer);
}

/** What `meta` read last, in the shape of JSON. */
export function metaJson(meta: MetaReader, reader: ProtoReader): Json {
  return {
    name: meta.name,
    namespace: meta.namespace,
    uid: meta.uid,
    resourceVersion: meta.resourceVersion,
    ...(meta.created > 0 ? { creationTimestamp: new Date(meta.created).toISOString() } : {}),
    labels: meta.labels(reader.bytes).toRecord(),
    ...(meta.annotations ? { annotations: Object.fromEntries(meta.annotations) } : {}),
  };
}
