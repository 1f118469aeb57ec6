import type { HistogramDefinition, MetricDefinition } from './metrics-view.ts';
import { optionalMetrics } from './optional-metrics.ts';

const controller = optionalMetrics((view) => view.controller);

/** The federated services controller. */
export const CONTROLLER_METRICS: readonly MetricDefinition[] = [
  controller.single(
    'fedsyncd_controller_leader',
    '1 while this daemon may write: it holds the Lease, or there is no election.',
    ({ mayWrite }) => (mayWrite ? 1 : 0),
  ),
  controller.of(
    {
      name: 'fedsyncd_federated_services',
      help: 'Local Services with the federation annotation, by state.',
      labels: ['state'],
    },
    function* ({ servicesByState }) {
      for (const [state, count] of Object.entries(servicesByState)) yield [{ state }, count];
    },
  ),
  controller.of(
    {
      name: 'fedsyncd_federated_endpoints',
      help: 'Endpoints that are written for federated services now, by the cluster that they are of; "(local)" is the local one.',
      labels: ['remote_cluster_name'],
    },
    function* ({ endpointsByCluster }) {
      for (const [cluster, count] of endpointsByCluster) yield [{ remote_cluster_name: cluster }, count];
    },
  ),
  controller.single(
    'fedsyncd_written_objects',
    'EndpointSlices (or Endpoints objects) of the controller in the local cluster.',
    ({ objects }) => objects,
  ),
  controller.of(
    {
      name: 'fedsyncd_write_queue_length',
      help: 'Federated services that wait to be written, by the most urgent thing that waits.',
      labels: ['rank'],
    },
    function* ({ queued }) {
      for (const [rank, count] of Object.entries(queued)) yield [{ rank }, count];
    },
  ),
  controller.single(
    'fedsyncd_write_queue_oldest_seconds',
    'How long the oldest of them waits.',
    ({ oldestQueuedSeconds }) => oldestQueuedSeconds,
  ),
  controller.single(
    'fedsyncd_write_services_backing_off',
    'Federated services whose last write failed and waits for another try.',
    ({ backingOff }) => backingOff,
  ),
  controller.single(
    'fedsyncd_writes_in_flight',
    'Writes that are under way.',
    ({ writesInFlight }) => writesInFlight,
  ),
  controller.single(
    'fedsyncd_write_limit',
    'How many writes may be under way; falls where the API server is slow or answers 429.',
    ({ writeLimit }) => writeLimit,
  ),
  controller.of(
    {
      name: 'fedsyncd_edits_total',
      type: 'counter',
      help: 'Writes to the local cluster by kind, operation and result.',
      labels: ['kind', 'op', 'result'],
    },
    function* ({ edits }) {
      for (const { kind, op, result, count } of edits) yield [{ kind, op, result }, count];
    },
  ),
  controller.of(
    {
      name: 'fedsyncd_kubernetes_events_total',
      type: 'counter',
      help: 'Kubernetes Events on Services and RemoteClusterConfigurations: sent, suppressed because there were too many, failed.',
      labels: ['result'],
    },
    function* ({ kubernetesEvents }) {
      for (const [result, count] of Object.entries(kubernetesEvents)) yield [{ result }, count];
    },
  ),
];

export const CONTROLLER_HISTOGRAMS: readonly HistogramDefinition[] = [
  {
    name: 'fedsyncd_write_latency_seconds',
    help: 'Time from when a change was seen to when the write that it caused was accepted by the local cluster.',
    counts: ({ controller }) => controller?.latency,
  },
];
