import type { CalicoResource } from '../../model/calico-json.ts';

const ROOT = '/calico/resources/v3/projectcalico.org/';

/** All keys that begin with `prefix`, as etcd wants it: from `start` up to, not including, `end`. */
export interface KeyRange {
  readonly prefix: string;
  readonly start: Buffer;
  readonly end: Buffer;
}

export interface ObjectKey {
  /** '' = cluster-scoped. */
  readonly namespace: string;
  readonly name: string;
}

/** Keys are `<root><plural>/<name>`, or `<root><plural>/<namespace>/<name>` (libcalico-go/lib/backend/model). */
export function rangeOf(plural: CalicoResource | 'remoteclusterconfigurations'): KeyRange {
  const prefix = `${ROOT}${plural}/`;
  const end = Buffer.from(prefix);
  // The prefix ends in `/`: its last byte can always be raised by one.
  end[end.length - 1] = '/'.charCodeAt(0) + 1;
  return { prefix, start: Buffer.from(prefix), end };
}

/** Just this key. */
export function exactly(key: string): { readonly key: Buffer; readonly rangeEnd: Buffer } {
  return { key: Buffer.from(key), rangeEnd: Buffer.alloc(0) };
}

/** ClusterInformation has one object. */
export const CLUSTER_INFORMATION_KEY = `${ROOT}clusterinformations/default`;

/** The smallest key after `key`. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

/**
 * Reads the segments behind the prefix. Undefined for a key of another shape, which is not ours to judge: Calico's own
 * readers pass over it silently, too.
 */
export function parseKey(key: Buffer, range: KeyRange, namespaced: boolean): ObjectKey | undefined {
  const length = range.start.length;
  if (key.length <= length || key.compare(range.start, 0, length, 0, length) !== 0) return undefined;
  const rest = key.toString('utf8', length);
  const slash = rest.indexOf('/');
  if (!namespaced) return slash < 0 ? { namespace: '', name: rest } : undefined;
  if (slash <= 0 || slash === rest.length - 1 || rest.includes('/', slash + 1)) return undefined;
  return { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
}

/** `parseKey` for keys with a namespace that come in their order: the namespace is mostly that of the key before, and then the same string. */
export class NamespacedKeys {
  readonly #range: KeyRange;
  /** The last key up to the name. */
  #head: Buffer = Buffer.alloc(0);
  #namespace = '';

  constructor(range: KeyRange) {
    this.#range = range;
  }

  parse(key: Buffer): ObjectKey | undefined {
    const length = this.#head.length;
    if (length === 0 || key.length <= length || key.compare(this.#head, 0, length, 0, length) !== 0) {
      return this.#parseAll(key);
    }
    const name = key.toString('utf8', length);
    return name.includes('/') ? undefined : { namespace: this.#namespace, name };
  }

  #parseAll(key: Buffer): ObjectKey | undefined {
    const parsed = parseKey(key, this.#range, true);
    if (parsed === undefined) return undefined;
    this.#head = Buffer.from(key.subarray(0, key.indexOf('/', this.#range.start.length) + 1));
    this.#namespace = parsed.namespace;
    return parsed;
  }
}
