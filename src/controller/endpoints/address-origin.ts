import { LOCAL_CLUSTER_TEXT, showCluster } from '../../model/federation.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { EndpointsAddress } from './owned-endpoints.ts';

/**
 * On our Endpoints objects, where some address has no targetRef to tell its cluster: `{"west":["192.0.2.7"]}`, so that a
 * restarted daemon knows which addresses to leave alone while the data of `west` is not complete.
 */
export const ADDRESS_ORIGINS_ANNOTATION = 'fedsyncd.io/address-origins';

/** All annotations of an object may have 256 KiB; longer than this it is not written, and origins count as unknown. */
const MAX_ORIGINS = 128 * 1024;

export type Origins = ReadonlyMap<string, readonly SourceCluster[]>;

/**
 * Which clusters gave an address of an Endpoints object; empty = it cannot be told. A remote one by the prefix of its
 * `targetRef.name` (neither an RCC's name nor a pod's holds a `/`), a local one by a name without prefix; without a name
 * by the annotation.
 */
export function originsOf(address: EndpointsAddress, origins: Origins): readonly SourceCluster[] {
  const name = address.targetRef?.name ?? '';
  if (name === '') return origins.get(address.ip) ?? [];
  const slash = name.indexOf('/');
  return [slash < 0 ? null : name.slice(0, slash)];
}

/** The annotation by address. What is not in our form tells nothing. */
export function parseOrigins(text: string | undefined): Origins {
  const found = new Map<string, SourceCluster[]>();
  for (const [name, addresses] of Object.entries(jsonObject(text))) {
    if (!Array.isArray(addresses)) continue;
    const cluster = name === LOCAL_CLUSTER_TEXT ? null : name;
    for (const address of addresses as readonly unknown[]) {
      if (typeof address !== 'string') continue;
      found.set(address, [...(found.get(address) ?? []), cluster]);
    }
  }
  return found;
}

/** The text of the annotation; undefined = none is needed, or it would be too long. */
export function formatOrigins(
  addresses: Iterable<{ readonly address: EndpointsAddress; readonly clusters: Iterable<SourceCluster> }>,
): string | undefined {
  const byCluster = new Map<string, Set<string>>();
  for (const { address, clusters } of addresses) {
    if ((address.targetRef?.name ?? '') !== '') continue;
    for (const cluster of clusters) {
      const name = showCluster(cluster);
      const ips = byCluster.get(name) ?? new Set();
      byCluster.set(name, ips.add(address.ip));
    }
  }
  if (byCluster.size === 0) return undefined;
  const members = [...byCluster].sort(([a], [b]) => (a < b ? -1 : 1));
  // Not by way of an object: a cluster named `__proto__` or `7` would be lost or moved.
  const text = `{${members.map(([name, ips]) => `${JSON.stringify(name)}:${JSON.stringify([...ips].sort())}`).join(',')}}`;
  return text.length > MAX_ORIGINS ? undefined : text;
}

function jsonObject(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
