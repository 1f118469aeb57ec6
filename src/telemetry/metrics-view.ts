import type { ControllerStats, HistogramCounts } from '../contract/controller-view.ts';
import type { ClusterStatus, Conflict, PoolOverlap, SourceStatus } from '../contract/cluster-status.ts';
import type { FeedView } from '../contract/feed-view.ts';
import type { ClusterCounters } from './event-counters.ts';

/** Everything that one scrape shows, read once so that its numbers belong together. */
export interface MetricsView {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly version: string;
  readonly ready: boolean;
  readonly clusters: readonly ClusterStatus[];
  readonly conflicts: readonly Conflict[];
  readonly sources: readonly SourceStatus[];
  readonly overlaps: readonly PoolOverlap[];
  readonly revision: number;
  readonly countersOf: (cluster: string) => ClusterCounters | undefined;
  readonly suppressedLines: number;
  readonly internalErrors: number;
  readonly eventLoopLagSeconds: number;
  /** Absent where no controller runs. */
  readonly controller: ControllerStats | undefined;
  /** Absent where no feed is served. */
  readonly feed: FeedView | undefined;
}

export type MetricLabels = Readonly<Record<string, string>>;
export type MetricSample = readonly [labels: MetricLabels, value: number];

/** One line of a metric table. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  /** Series of what is gone are simply not given any more. */
  readonly samples: (view: MetricsView) => Iterable<MetricSample>;
}

/** One distribution, without labels. */
export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
  /** undefined = it is not there now. */
  readonly counts: (view: MetricsView) => HistogramCounts | undefined;
}
