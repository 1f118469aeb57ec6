import { Counter, Gauge, Registry } from 'prom-client';
import { CLUSTER_METRICS } from './cluster-metrics.ts';
import { DAEMON_METRICS } from './daemon-metrics.ts';
import type { MetricDefinition, MetricsView } from './metrics-view.ts';

/** All metrics: the operators' page is made from this table. */
export const METRICS: readonly MetricDefinition[] = [...CLUSTER_METRICS, ...DAEMON_METRICS];

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

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The Prometheus text format. */
  async render(): Promise<string> {
    this.#current = this.#view();
    return this.#registry.metrics();
  }

  #register({ name, help, labels, type, samples }: MetricDefinition): void {
    const current = (): MetricsView => this.#current ?? this.#view();
    const options = { name, help, labelNames: [...labels], registers: [] };
    const metric =
      type === 'gauge'
        ? new Gauge({
            ...options,
            collect() {
              this.reset();
              for (const [values, value] of samples(current())) this.set(values, value);
            },
          })
        : new Counter({
            ...options,
            collect() {
              this.reset();
              for (const [values, value] of samples(current())) this.inc(values, value);
            },
          });
    this.#registry.registerMetric(metric);
  }
}
