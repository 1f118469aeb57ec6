import type { ClusterStatus } from '../contract/cluster-status.ts';
import { STATUS_VALUE } from '../model/status.ts';
import type { ClusterCounters } from './event-counters.ts';
import type { MetricDefinition, MetricLabels, MetricSample, MetricsView } from './metrics-view.ts';

/** The label of Calico Enterprise's metric, used for all, so that queries can join them. */
const CLUSTER = 'remote_cluster_name';

type PerCluster = (cluster: ClusterStatus, view: MetricsView) => number | null;

function perCluster(name: string, help: string, value: PerCluster): MetricDefinition {
  return {
    name,
    type: 'gauge',
    help,
    labels: [CLUSTER],
    *samples(view) {
      for (const cluster of view.clusters) {
        const number = value(cluster, view);
        if (number !== null) yield [{ [CLUSTER]: cluster.name }, number];
      }
    },
  };
}

/** One number for each entry of a map of counters; nothing for a cluster that is gone. */
function perEntry(
  definition: Pick<MetricDefinition, 'name' | 'type' | 'help'> & { readonly label: string },
  mapOf: (counters: ClusterCounters) => ReadonlyMap<string, number>,
): MetricDefinition {
  const { label, ...rest } = definition;
  return {
    ...rest,
    labels: [CLUSTER, label],
    *samples(view) {
      for (const { name } of view.clusters) {
        const counters = view.countersOf(name);
        if (counters === undefined) continue;
        for (const [key, value] of mapOf(counters)) yield [{ [CLUSTER]: name, [label]: key }, value];
      }
    },
  };
}

const KIND_COUNTS = [
  'workloadEndpoints',
  'hostEndpoints',
  'profiles',
  'services',
  'endpointSlices',
  'ipPools',
] as const;

/** Labels per cluster and kind: at most six series for each cluster. */
export function* objectSamples({ clusters }: MetricsView): Generator<MetricSample> {
  for (const { name, counts } of clusters) {
    for (const kind of KIND_COUNTS) {
      const count = counts[kind];
      if (count !== null) yield [{ [CLUSTER]: name, kind }, count];
    }
  }
}

function* reasonSamples({ clusters }: MetricsView): Generator<MetricSample> {
  for (const { name, status, reason, datastoreType } of clusters) {
    const labels: MetricLabels = { [CLUSTER]: name, status, reason, datastore_type: datastoreType ?? '' };
    yield [labels, 1];
  }
}

/** What is known of each remote cluster. The first keeps name, label and values of Calico Enterprise. */
export const CLUSTER_METRICS: readonly MetricDefinition[] = [
  perCluster(
    'remote_cluster_connection_status',
    'Status of a remote cluster: 0 NotConnecting, 1 Connecting, 2 InSync, 3 ResyncInProgress, 5 ConfigIncomplete.',
    ({ status }) => STATUS_VALUE[status],
  ),
  {
    name: 'fedsyncd_cluster_info',
    type: 'gauge',
    help: 'Always 1; status, reason and datastore type of a remote cluster are labels.',
    labels: [CLUSTER, 'status', 'reason', 'datastore_type'],
    samples: reasonSamples,
  },
  perCluster(
    'fedsyncd_cluster_status_since_timestamp_seconds',
    'Since when a remote cluster has its present status and reason.',
    ({ since }) => since / 1000,
  ),
  perCluster(
    'fedsyncd_cluster_data_age_seconds',
    'Seconds since the last sign of life of a remote cluster; absent before the first.',
    ({ lastContact }, { now }) => (lastContact === null ? null : Math.max(0, now - lastContact) / 1000),
  ),
  perCluster(
    'fedsyncd_cluster_last_contact_timestamp_seconds',
    'Last sign of life of a remote cluster; absent before the first.',
    ({ lastContact }) => (lastContact === null ? null : lastContact / 1000),
  ),
  perCluster(
    'fedsyncd_cluster_stale',
    '1 while a remote cluster is silent for longer than --stale-after.',
    ({ stale }) => (stale ? 1 : 0),
  ),
  {
    name: 'fedsyncd_cluster_objects',
    type: 'gauge',
    help: 'Objects of a remote cluster in the merged index; a kind that it does not provide is absent.',
    labels: [CLUSTER, 'kind'],
    samples: objectSamples,
  },
  perCluster(
    'fedsyncd_cluster_skipped_objects',
    'Objects of a remote cluster that cannot be read now.',
    ({ counts }) => counts.skipped,
  ),
  perEntry(
    {
      name: 'fedsyncd_cluster_lists_total',
      type: 'counter',
      help: 'Complete lists, first ones included.',
      label: 'resource',
    },
    ({ lists }) => lists,
  ),
  perEntry(
    {
      name: 'fedsyncd_cluster_relists_total',
      type: 'counter',
      help: 'Complete lists that were needed because a watch could not resume.',
      label: 'resource',
    },
    ({ relists }) => relists,
  ),
  perEntry(
    {
      name: 'fedsyncd_cluster_list_duration_seconds',
      type: 'gauge',
      help: 'How long the last complete list took.',
      label: 'resource',
    },
    ({ listSeconds }) => listSeconds,
  ),
  perEntry(
    {
      name: 'fedsyncd_cluster_failures_total',
      type: 'counter',
      help: 'Failed lists and watches by reason.',
      label: 'reason',
    },
    ({ failures }) => failures,
  ),
  {
    ...perCluster(
      'fedsyncd_cluster_status_changes_total',
      'How often the status of a remote cluster changed.',
      ({ name }, { countersOf }) => countersOf(name)?.statusChanges ?? 0,
    ),
    type: 'counter',
  },
];
