import { isAscii } from 'node:buffer';
import { calicoDeleted, decodeCalico } from '../../model/calico-json.ts';
import type { CalicoResource } from '../../model/calico-json.ts';
import type { Delta } from '../../model/delta.ts';
import { parseKey, rangeOf } from './calico-keys.ts';
import type { KeyRange, ObjectKey } from './calico-keys.ts';
import type { KeyDecoder } from './key-stream.ts';
import type { KeyValue } from './proto-range.ts';

export interface DecoderOptions {
  readonly maxObjectBytes: number;
  readonly excludeNamespaces: ReadonlySet<string>;
}

/** Makes Deltas of what etcd holds under the prefix of one resource. */
export class ObjectDecoder implements KeyDecoder<Delta> {
  readonly range: KeyRange;
  readonly #resource: CalicoResource;
  readonly #options: DecoderOptions;

  constructor(resource: CalicoResource, options: DecoderOptions) {
    this.#resource = resource;
    this.range = rangeOf(resource);
    this.#options = options;
  }

  /** Undefined for what is not ours: a foreign key, an excluded namespace. Never throws. */
  put(kv: KeyValue): Delta | undefined {
    const key = this.#key(kv);
    if (key === undefined) return undefined;
    const where = this.#where(key);
    const { maxObjectBytes } = this.#options;
    if (kv.value.length > maxObjectBytes) {
      return this.#skip(key, `the value has ${kv.value.length} bytes; the limit is ${maxObjectBytes}`);
    }
    const object = parseJson(kv.value);
    if (object === undefined) return this.#skip(key, 'the value is not JSON');
    const revision = String(kv.modRevision);
    return decodeCalico(this.#resource, object, { form: 'etcd', key, revision, where });
  }

  /** As `put`. The identity is in the key: the previous value may be compacted away. */
  delete(kv: KeyValue): Delta | undefined {
    const key = this.#key(kv);
    if (key === undefined) return undefined;
    const delta = calicoDeleted(this.#resource, { key, where: this.#where(key) });
    // What could never be known needs no word when it goes.
    return delta.op === 'skip' ? undefined : delta;
  }

  #key(kv: KeyValue): ObjectKey | undefined {
    const key = parseKey(kv.key, this.range, this.#resource === 'workloadendpoints');
    if (key === undefined) return undefined;
    return this.#options.excludeNamespaces.has(key.namespace) ? undefined : key;
  }

  #skip(key: ObjectKey, reason: string): Delta {
    const where = this.#where(key);
    const gone = calicoDeleted(this.#resource, { key, where });
    return { op: 'skip', id: gone.op === 'delete' ? gone.key : undefined, where, reason };
  }

  #where({ namespace, name }: ObjectKey): string {
    return `${this.#resource} ${namespace === '' ? name : `${namespace}/${name}`}`;
  }
}

/** Undefined for what is not JSON; `null` for the JSON value of that name. */
export function parseJson(value: Buffer): unknown {
  try {
    // Latin-1 is the cheaper conversion, and right where all bytes are ASCII.
    return JSON.parse(isAscii(value) ? value.toString('latin1') : value.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
