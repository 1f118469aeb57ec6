import type { MetricDefinition, MetricSample, MetricsView } from './metrics-view.ts';

/** Makes the metrics of a part of the daemon that may not run: then they have no series. */
export interface OptionalMetrics<T> {
  of(
    definition: Pick<MetricDefinition, 'name' | 'help'> & Partial<MetricDefinition>,
    samples: (part: T) => Iterable<MetricSample>,
  ): MetricDefinition;
  /** One number without labels. */
  single(
    name: string,
    help: string,
    value: (part: T) => number,
    type?: MetricDefinition['type'],
  ): MetricDefinition;
}

/** `partOf` gives the part; undefined = it does not run. */
export function optionalMetrics<T>(partOf: (view: MetricsView) => T | undefined): OptionalMetrics<T> {
  const of: OptionalMetrics<T>['of'] = (definition, samples) => ({
    type: 'gauge',
    labels: [],
    ...definition,
    samples: (view) => {
      const part = partOf(view);
      return part === undefined ? [] : samples(part);
    },
  });
  return {
    of,
    single: (name, help, value, type = 'gauge') => of({ name, help, type }, (part) => [[{}, value(part)]]),
  };
}
