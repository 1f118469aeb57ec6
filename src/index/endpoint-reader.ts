import type { Found, FoundEndpoint } from '../contract/lister.ts';
import type { SliceEndpoint } from '../model/endpoint-slice.ts';
import type { Entry } from '../model/objects.ts';
import type { WorkloadEndpoint } from '../model/workload-endpoint.ts';
import type { ClusterData } from './cluster-data.ts';
import type { EndpointTable } from './endpoint-table.ts';
import type { ObjectContent, StoredEntry, StoredObject } from './object-table.ts';
import { unpackSliceEndpoints } from './slice-codec.ts';

/** A row of `cluster` without what it inherits. */
export function readFound(
  endpoints: EndpointTable,
  cluster: ClusterData,
  row: number,
): Found<WorkloadEndpoint> {
  return {
    cluster: cluster.name,
    entry: endpoints.read(row),
    since: endpoints.since(row),
    revision: endpoints.rows.change(row),
  };
}

export function readObject(cluster: string, { entry, since, revision }: ObjectContent): Found {
  return { cluster, entry: unpack(entry), since, revision };
}

/** undefined where it is no HostEndpoint. */
export function readHost(cluster: ClusterData, stored: StoredObject): FoundEndpoint | undefined {
  const { entry, since, revision } = stored;
  if (entry.kind !== 'HostEndpoint') return undefined;
  const inheritedLabels = cluster.inherited.of(entry.labels, entry.profiles);
  return { cluster: cluster.name, entry, since, revision, inheritedLabels };
}

/**
 * The entry as a listener may keep it; the stored one is never changed afterwards. To unpack a slice takes longer than to
 * store one, and few listeners look: it is done at the first look.
 */
export function lazyContent(entry: StoredEntry): Entry {
  if (entry.kind !== 'EndpointSlice') return entry;
  const { packed, ...rest } = entry;
  let endpoints: readonly SliceEndpoint[] | undefined;
  return {
    ...rest,
    // A property of its own: copies and comparisons of the object see it as any other.
    get endpoints() {
      endpoints ??= unpackSliceEndpoints(packed);
      return endpoints;
    },
  };
}

function unpack(entry: StoredEntry): Exclude<Entry, { readonly kind: 'WorkloadEndpoint' }> {
  if (entry.kind !== 'EndpointSlice') return entry;
  // Field by field: a rest and a spread of an object take longer than its endpoints.
  const { kind, namespace, name, uid, resourceVersion, created, service, labels, addressType, ports } = entry;
  const endpoints = unpackSliceEndpoints(entry.packed);
  return {
    kind,
    namespace,
    name,
    uid,
    resourceVersion,
    created,
    service,
    labels,
    addressType,
    ports,
    endpoints,
  };
}
