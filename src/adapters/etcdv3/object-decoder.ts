import { isAscii } from 'node:buffer';
import { calicoDeleted, decodeCalico } from '../../model/calico-json.ts';
import type { CalicoResource } from '../../model/calico-json.ts';
import { WorkloadEndpointIds } from '../../model/calico-workload-endpoint.ts';
import type { Delta } from '../../model/delta.ts';
import type { EndpointKey } from '../../model/endpoint-pattern.ts';
import { EndpointPatterns } from '../../model/endpoint-patterns.ts';
import { NamespacedKeys, parseKey, rangeOf } from './calico-keys.ts';
import type { KeyRange, ObjectKey } from './calico-keys.ts';
import type { KeyDecoder } from './key-stream.ts';
import type { KeyValue } from './proto-range.ts';

export interface DecoderOptions {
  readonly maxObjectBytes: number;
  readonly excludeNamespaces: ReadonlySet<string>;
  /** Shared with other readers; by default its own. */
  readonly patterns?: EndpointPatterns | undefined;
}

/** Makes Deltas of what etcd holds under the prefix of one resource. */
export class ObjectDecoder implements KeyDecoder<Delta> {
  readonly range: KeyRange;
  readonly #resource: CalicoResource;
  readonly #options: DecoderOptions;
  readonly #patterns: EndpointPatterns;
  readonly #keys: NamespacedKeys;
  readonly #ids = new WorkloadEndpointIds();

  constructor(resource: CalicoResource, options: DecoderOptions) {
    this.#resource = resource;
    this.range = rangeOf(resource);
    this.#keys = new NamespacedKeys(this.range);
    this.#options = options;
    this.#patterns = options.patterns ?? new EndpointPatterns();
  }

  /** Undefined for what is not ours: a foreign key, an excluded namespace. Never throws. */
  put(kv: KeyValue): Delta | undefined {
    const key = this.#key(kv);
    if (key === undefined) return undefined;
    const { maxObjectBytes } = this.#options;
    if (kv.value.length > maxObjectBytes) {
      return this.#skip(key, `the value has ${kv.value.length} bytes; the limit is ${maxObjectBytes}`);
    }
    const known = this.#patternKey(key, kv);
    if (known === undefined) return this.#decode(key, kv);
    const entry = this.#patterns.read(known, kv.value);
    if (entry !== undefined) return { op: 'put', entry };
    const delta = this.#decode(key, kv);
    if (delta.op === 'put' && delta.entry.kind === 'WorkloadEndpoint') {
      this.#patterns.learn(known, kv.value, delta.entry);
    }
    return delta;
  }

  /** As `put`. The identity is in the key: the previous value may be compacted away. */
  delete(kv: KeyValue): Delta | undefined {
    const key = this.#key(kv);
    if (key === undefined) return undefined;
    const delta = calicoDeleted(this.#resource, { key, where: this.#where(key) });
    // What could never be known needs no word when it goes.
    return delta.op === 'skip' ? undefined : delta;
  }

  #decode(key: ObjectKey, kv: KeyValue): Delta {
    const object = parseJson(kv.value);
    if (object === undefined) return this.#skip(key, 'the value is not JSON');
    const revision = String(kv.modRevision);
    return decodeCalico(this.#resource, object, {
      form: 'etcd',
      key,
      revision,
      where: this.#where(key),
    });
  }

  /** Only WorkloadEndpoints come in numbers that call for a fast path. */
  #patternKey(key: ObjectKey, kv: KeyValue): EndpointKey | undefined {
    if (this.#resource !== 'workloadendpoints') return undefined;
    const id = this.#ids.of(key);
    return id && { id, name: key.name, revision: String(kv.modRevision) };
  }

  #key(kv: KeyValue): ObjectKey | undefined {
    const key =
      this.#resource === 'workloadendpoints' ? this.#keys.parse(kv.key) : parseKey(kv.key, this.range, false);
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
