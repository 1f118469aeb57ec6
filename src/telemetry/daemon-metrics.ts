import { objectSamples } from './cluster-metrics.ts';
import type { MetricDefinition, MetricSample, MetricsView } from './metrics-view.ts';

function single(
  name: string,
  help: string,
  value: (view: MetricsView) => number,
  type: MetricDefinition['type'] = 'gauge',
): MetricDefinition {
  return { name, type, help, labels: [], samples: (view) => [[{}, value(view)]] };
}

function* indexSamples(view: MetricsView): Generator<MetricSample> {
  const sums = new Map<string, number>();
  for (const [{ kind = '' }, count] of objectSamples(view)) sums.set(kind, (sums.get(kind) ?? 0) + count);
  for (const [kind, count] of sums) yield [{ kind }, count];
}

function* activeResources(): Generator<MetricSample> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [type, count] of counts) yield [{ type }, count];
}

/** The daemon as a whole. */
export const DAEMON_METRICS: readonly MetricDefinition[] = [
  {
    name: 'fedsyncd_build_info',
    type: 'gauge',
    help: 'Always 1; the versions are labels.',
    labels: ['version', 'node_version'],
    samples: ({ version }) => [[{ version, node_version: process.version }, 1]],
  },
  single('fedsyncd_ready', '1 while /readiness answers 200.', ({ ready }) => (ready ? 1 : 0)),
  single('fedsyncd_clusters', 'Remote clusters that are configured.', ({ clusters }) => clusters.length),
  single('fedsyncd_index_revision', 'Revision of the merged index.', ({ revision }) => revision),
  {
    name: 'fedsyncd_index_objects',
    type: 'gauge',
    help: 'Objects in the merged index.',
    labels: ['kind'],
    samples: indexSamples,
  },
  {
    name: 'fedsyncd_source_healthy',
    type: 'gauge',
    help: '1 while a source of RCCs can be read.',
    labels: ['source'],
    *samples({ sources }) {
      for (const { name, reason } of sources) yield [{ source: name }, reason === null ? 1 : 0];
    },
  },
  {
    name: 'fedsyncd_source_rejected_documents',
    type: 'gauge',
    help: 'Documents of a source that cannot be read now.',
    labels: ['source'],
    *samples({ sources }) {
      for (const { name, rejected } of sources) yield [{ source: name }, rejected.length];
    },
  },
  single(
    'fedsyncd_rcc_conflicts',
    'RCCs that are not used because another of the same name wins.',
    ({ conflicts }) => conflicts.length,
  ),
  single(
    'fedsyncd_pool_overlaps',
    'Pairs of overlapping IP pools of different clusters.',
    ({ overlaps }) => overlaps.length,
  ),
  single(
    'fedsyncd_log_lines_suppressed_total',
    'Log lines that were left out because there were too many of their kind.',
    ({ suppressedLines }) => suppressedLines,
    'counter',
  ),
  single(
    'fedsyncd_internal_errors_total',
    'Errors in fedsyncd itself.',
    ({ internalErrors }) => internalErrors,
    'counter',
  ),
  single(
    'fedsyncd_event_loop_lag_seconds',
    'The longest delay of the event loop in the last 30 to 60 seconds.',
    ({ eventLoopLagSeconds }) => eventLoopLagSeconds,
  ),
  {
    name: 'fedsyncd_active_resources',
    type: 'gauge',
    help: 'Sockets, timers and other resources that the process holds, by type.',
    labels: ['type'],
    samples: activeResources,
  },
  single(
    'process_cpu_seconds_total',
    'CPU time of the process.',
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    'counter',
  ),
  single('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss()),
  single(
    'process_start_time_seconds',
    'When the process started.',
    ({ now }) => now / 1000 - process.uptime(),
  ),
  single('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed),
  single('nodejs_heap_size_total_bytes', 'JavaScript heap.', () => process.memoryUsage().heapTotal),
  single(
    'nodejs_external_memory_bytes',
    'Memory outside of the JavaScript heap: buffers and array buffers.',
    () => process.memoryUsage().external,
  ),
];
