import { hash } from 'node:crypto';

/** The longest name that Kubernetes allows. */
const MAX_NAME = 253;
/** How much of a cluster's name a hashed name shows. */
const SHOWN_CLUSTER = 63;
const HASHED = /^.+-[0-9a-f]{10}-[0-9A-Za-z_-]*-[0-9a-f]{10}$/;
const NOT_PLAIN = /[^0-9A-Za-z_-]/g;

/**
 * The name of an object in the merged view: `<cluster>.<name>`. A cluster name with a dot, or a result of more than 253
 * characters, makes a hashed name instead: `<cluster>-<10 hex of the cluster>-<name>-<10 hex of cluster and name>`, cut to 253 and
 * with `-` for whatever is no letter, digit, `_` or `-`. As a plain name has a dot and a hashed one has none, and the
 * hash of the cluster alone is in front, no remote cluster can choose a name that becomes another one's.
 */
export function mergedName(cluster: string, name: string): string {
  if (cluster.length + name.length < MAX_NAME && !cluster.includes('.')) return `${cluster}.${name}`;
  const prefix = hashedPrefix(cluster);
  const digest = hex10(`${cluster}\0${name}`);
  const shown = name.slice(0, MAX_NAME - prefix.length - digest.length - 1).replaceAll(NOT_PLAIN, '-');
  return `${prefix}${shown}-${digest}`;
}

/**
 * Whose name this is. `hashed`: it cannot be read back; compare it with `mergedName` of the objects of those clusters for
 * which `mayBeHashedOf` is true. undefined: no object has such a name.
 */
export function splitMergedName(
  merged: string,
): { readonly cluster: string; readonly name: string } | 'hashed' | undefined {
  if (merged.length > MAX_NAME) return undefined;
  const dot = merged.indexOf('.');
  if (dot < 0) return HASHED.test(merged) ? 'hashed' : undefined;
  if (dot === 0 || dot === merged.length - 1) return undefined;
  return { cluster: merged.slice(0, dot), name: merged.slice(dot + 1) };
}

/** Whether a hashed name can be one of this cluster's objects. */
export function mayBeHashedOf(cluster: string, merged: string): boolean {
  return merged.startsWith(hashedPrefix(cluster));
}

/** The last cluster that was asked for: objects of one come in a row, and the hash takes a microsecond. */
let known = { cluster: '', prefix: '' };

function hashedPrefix(cluster: string): string {
  if (known.cluster !== cluster) {
    const shown = cluster.slice(0, SHOWN_CLUSTER).replaceAll(NOT_PLAIN, '-');
    known = { cluster, prefix: `${shown}-${hex10(cluster)}-` };
  }
  return known.prefix;
}

function hex10(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 10);
}
