import { Counter, Gauge, Registry } from 'prom-client';
import { CLUSTER_METRICS } from './cluster-metrics.ts';
import { CONTROLLER_HISTOGRAMS, CONTROLLER_METRICS } from './controller-metrics.ts';
import { FEED_METRICS } from './feed-metrics.ts';
import { DAEMON_METRICS } from './daemon-metrics.ts';
import type { HistogramDefinition, MetricDefinition, MetricsView } from './metrics-view.ts';

/** All metrics: the operators' page is made from this table. */
export const METRICS: readonly MetricDefinition[] = [
  ...CLUSTER_METRICS,
  ...CONTROLLER_METRICS,
  ...FEED_METRICS,
  ...DAEMON_METRICS,
];

/** All distributions: on the operators' page beside the metrics. */
export const HISTOGRAMS: readonly HistogramDefinition[] = CONTROLLER_HISTOGRAMS;

/**
 * Answers scrapes. Nothing is kept between them: every value comes from the engine at the moment of the scrape, so
 * what is gone has no series.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #view: () => MetricsView;
  #current: MetricsView | undefined;

  constructor(view: () => MetricsView) {
    this.#view = view;
    for (const definition of METRICS) this.#register(definition);
  }

  /** The library's histograms count by themselves; ours are counted where the events are. */
  #histograms(): string {
    const view = this.#current ?? this.#view();
    return HISTOGRAMS.map(({ name, help, counts }) => {
      const now = counts(view);
      if (now === undefined) return '';
      const buckets = now.bounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${now.buckets[i] ?? 0}\n`);
      return [
        `\n# HELP ${name} ${help}\n# TYPE ${name} histogram\n`,
        ...buckets,
        `${name}_bucket{le="+Inf"} ${now.count}\n${name}_sum ${now.sum}\n${name}_count ${now.count}\n`,
      ].join('');
    }).join('');
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The Prometheus text format. */
  async render(): Promise<string> {
    this.#current = this.#view();
    return (await this.#registry.metrics()) + this.#histograms();
  }

  /** After a reset the library gives 0 for what has no labels; `remove` makes that nothing. */
  #register({ name, help, labels, type, samples }: MetricDefinition): void {
    const current = (): MetricsView => this.#current ?? this.#view();
    const options = { name, help, labelNames: [...labels], registers: [] };
    const metric =
      type === 'gauge'
        ? new Gauge({
            ...options,
            collect() {
              this.reset();
              if (labels.length === 0) this.remove();
              for (const [values, value] of samples(current())) this.set(values, value);
            },
          })
        : new Counter({
            ...options,
            collect() {
              this.reset();
              if (labels.length === 0) this.remove();
              for (const [values, value] of samples(current())) this.inc(values, value);
            },
          });
    this.#registry.registerMetric(metric);
  }
}
