import type { FoundEndpoint } from '../contract/lister.ts';
import type { ClusterData } from './cluster-data.ts';
import type { IndexCore } from './index-core.ts';

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
    revision: endpoints.rows.change(row),
    inheritedLabels: cluster.inherited.of(templates.labels(template), templates.profiles(template)),
  };
}
