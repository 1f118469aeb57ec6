import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { ControllerStats } from '../../src/contract/controller-view.ts';
import { Histogram } from '../../src/controller/histogram.ts';
import { CONTROLLER_HISTOGRAMS, CONTROLLER_METRICS } from '../../src/telemetry/controller-metrics.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { MetricsView } from '../../src/telemetry/metrics-view.ts';
import { propertyOptions } from '../index/fixtures.ts';
import { stats } from './controller-fixture.ts';
import { NOW, cluster } from './fleet-fixture.ts';
import { type Family, numberOf, parsePrometheus } from './prometheus-text.ts';

function view(controller: ControllerStats | undefined): MetricsView {
  return {
    now: NOW,
    version: '1.2.3',
    ready: true,
    clusters: [cluster('east')],
    conflicts: [],
    sources: [],
    overlaps: [],
    revision: 7,
    countersOf: () => undefined,
    suppressedLines: 0,
    internalErrors: 0,
    eventLoopLagSeconds: 0,
    controller,
    feed: undefined,
  };
}

async function scrape(controller: ControllerStats | undefined): Promise<ReadonlyMap<string, Family>> {
  return parsePrometheus(await new Metrics(() => view(controller)).render());
}

function shown(families: ReadonlyMap<string, Family>, name: string): string[] {
  const { samples = [] } = families.get(name) ?? {};
  return samples.map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`.trim());
}

const LATENCY = 'fedsyncd_write_latency_seconds';

function assertHistogram(family: Family | undefined): void {
  assert.equal(family?.type, 'histogram');
  const buckets = family.samples.filter(({ name }) => name.endsWith('_bucket'));
  const bounds = buckets.map(({ labels }) => numberOf(labels['le'] ?? ''));
  assert.deepEqual(
    bounds,
    [...bounds].sort((a, b) => a - b),
    'bounds grow',
  );
  assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
  const counts = buckets.map(({ value }) => value);
  assert.ok(
    counts.every((count, i) => i === 0 || count >= (counts[i - 1] ?? 0)),
    'cumulative',
  );
  const [sum, count] = family.samples.slice(-2);
  assert.deepEqual([sum?.name, count?.name], [`${family.name}_sum`, `${family.name}_count`]);
  assert.equal(count?.value, counts.at(-1), 'the last bucket holds all');
}

describe('metrics of the controller', () => {
  it('show what it counts', async () => {
    const families = await scrape(stats());
    for (const [name, expected] of Object.entries({
      fedsyncd_controller_leader: ['1'],
      fedsyncd_federated_services: ['federated 2', 'bad-selector 1'],
      fedsyncd_federated_endpoints: ['(local) 4', 'ea"st 7'],
      fedsyncd_written_objects: ['5'],
      fedsyncd_write_queue_length: ['withdraw 0', 'not-ready 1', 'add 2', 'cosmetic 0'],
      fedsyncd_write_queue_oldest_seconds: ['1.25'],
      fedsyncd_write_services_backing_off: ['1'],
      fedsyncd_writes_in_flight: ['2'],
      fedsyncd_write_limit: ['16'],
      fedsyncd_edits_total: ['EndpointSlice create accepted 9', 'EndpointSlice update conflict 1'],
      fedsyncd_kubernetes_events_total: ['sent 3', 'suppressed 2', 'failed 1'],
    })) {
      assert.deepEqual(shown(families, name), expected, name);
    }
  });

  it('have help and type as their table says', async () => {
    const families = await scrape(stats());
    for (const { name, help, type } of CONTROLLER_METRICS) {
      assert.equal(families.get(name)?.help, help, name);
      assert.equal(families.get(name)?.type, type, name);
    }
    for (const { name, help } of CONTROLLER_HISTOGRAMS) assert.equal(families.get(name)?.help, help, name);
  });

  it('give the latency as a histogram that Prometheus takes', async () => {
    const latency = (await scrape(stats())).get(LATENCY);
    assertHistogram(latency);
    assert.deepEqual(
      latency?.samples.map(
        ({ name, labels, value }) => `${name.slice(LATENCY.length)} ${labels['le'] ?? ''} ${value}`,
      ),
      [
        '_bucket 0.01 1',
        '_bucket 0.1 3',
        '_bucket 1 3',
        '_bucket 10 4',
        '_bucket +Inf 6',
        '_sum  2.5',
        '_count  6',
      ],
    );
  });

  it('give one whatever was observed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { maxLength: 30 }),
        async (values) => {
          const histogram = new Histogram([0.01, 0.025, 1, 300]);
          for (const value of values) histogram.observe(value);
          assertHistogram((await scrape(stats({ latency: histogram.counts() }))).get(LATENCY));
        },
      ),
      { ...propertyOptions, numRuns: Math.min(propertyOptions.numRuns, 30) },
    );
  });

  it('are not there without a controller', async () => {
    const families = await scrape(undefined);
    for (const { name } of CONTROLLER_METRICS) {
      assert.deepEqual(families.get(name)?.samples, [], name);
    }
    assert.equal(families.get(LATENCY), undefined);
  });

  it('drop the series of what is gone, and count from the engine alone', async () => {
    let now = stats();
    const metrics = new Metrics(() => view(now));
    await metrics.render();
    now = stats({ servicesByState: { federated: 2 }, endpointsByCluster: new Map(), mayWrite: false });
    const families = parsePrometheus(await metrics.render());
    assert.deepEqual(shown(families, 'fedsyncd_federated_services'), ['federated 2']);
    assert.deepEqual(shown(families, 'fedsyncd_federated_endpoints'), []);
    assert.deepEqual(shown(families, 'fedsyncd_controller_leader'), ['0']);
    assert.deepEqual(shown(families, 'fedsyncd_edits_total').length, 2, 'not added up over scrapes');
    assert.equal(shown(families, 'fedsyncd_edits_total')[0], 'EndpointSlice create accepted 9');
  });
});
