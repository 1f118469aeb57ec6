import type { Found, FoundEndpoint } from '../contract/lister.ts';
import type { Entry } from '../model/objects.ts';
import type { ClusterData } from './cluster-data.ts';
import type { IndexCore } from './index-core.ts';
import type { StoredEntry, StoredObject } from './object-table.ts';
import { unpackSliceEndpoints } from './slice-codec.ts';

/** A row as the endpoint that it stands for. */
export function readRow(core: IndexCore, row: number): FoundEndpoint {
  const { endpoints } = core;
  const cluster = core.byHolder.get(endpoints.rows.holder(row)) as ClusterData;
  const template = endpoints.rows.template(row);
  const { templates } = endpoints;
  return {
    cluster: cluster.name,
    entry: endpoints.read(row),
    since: endpoints.since(row),
    inheritedLabels: cluster.inherited.of(templates.labels(template), templates.profiles(template)),
  };
}

export function readObject(cluster: ClusterData, stored: StoredObject): Found {
  return { cluster: cluster.name, entry: unpack(stored.entry), since: stored.since };
}

/** undefined where it is no HostEndpoint. */
export function readHost(cluster: ClusterData, stored: StoredObject): FoundEndpoint | undefined {
  const { entry, since } = stored;
  if (entry.kind !== 'HostEndpoint') return undefined;
  const inheritedLabels = cluster.inherited.of(entry.labels, entry.profiles);
  return { cluster: cluster.name, entry, since, inheritedLabels };
}

function unpack(entry: StoredEntry): Exclude<Entry, { readonly kind: 'WorkloadEndpoint' }> {
  if (entry.kind !== 'EndpointSlice') return entry;
  const { packed, ...rest } = entry;
  return { ...rest, endpoints: unpackSliceEndpoints(packed) };
}
