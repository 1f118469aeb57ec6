/**
 * Memory and speed of the merged index alone: fills it, asks it, churns it. Needs --expose-gc; the figures are in `extra`.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { MergedIndex } from '../../src/index/merged-index.ts';
import type { ResourceStore } from '../../src/contract/replica.ts';
import type { Delta } from '../../src/model/delta.ts';
import { parseSelector } from '../../src/model/selector.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { finish, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { StallWatch } from '../harness/stall-watch.ts';
import { EndpointMaker } from './index-data.ts';

const { endpoints, clusters, etcd, loadOnly } = work() as {
  endpoints: number;
  clusters: number;
  etcd: boolean;
  /** Memory only. */
  loadOnly: boolean;
};
const perCluster = endpoints / clusters;
const BATCH = 500;
const SELECTORS = {
  equality: 'app == "svc17"',
  common: 'tier == "web"',
  complex:
    '(tier in {"web", "db"} && env != "prod" && !has(legacy)) || (app starts with "svc1" && team not in {"team-7", "team-9"})',
};

/** Longest pause since the last call, in milliseconds. */
class Pauses {
  #pauses: number[] = [];

  constructor() {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) this.#pauses.push(duration);
    }).observe({ entryTypes: ['gc'] });
  }

  async longest(): Promise<number> {
    await delay(5);
    const longest = Math.max(0, ...this.#pauses);
    this.#pauses = [];
    return longest;
  }
}

const maker = new EndpointMaker(etcd);
const pauses = new Pauses();
const extra: Record<string, number> = {};

function collected(): NodeJS.MemoryUsage {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

const before = collected();
const index = new MergedIndex({
  clock: systemClock,
  random: systemRandom,
  report: () => undefined,
  maxObjectsPerCluster: 2_000_000,
});
const meter = new Meter();
meter.start();
const stores: ResourceStore[] = [];
let applyMs = 0;
for (let cluster = 0; cluster < clusters; cluster++) {
  const store = index.open(`cluster-${cluster}`).resource('workloadendpoints');
  stores.push(store);
  store.begin();
  for (let from = 0; from < perCluster; from += BATCH) {
    const batch: Delta[] = [];
    for (let i = from; i < Math.min(from + BATCH, perCluster); i++) {
      batch.push({ op: 'put', entry: maker.endpoint(cluster, i) });
    }
    const began = performance.now();
    store.apply(batch);
    applyMs += performance.now() - began;
  }
  store.end();
}
const measured = await meter.stop(endpoints);
extra['applyUs'] = (applyMs * 1000) / endpoints;
const after = collected();
extra['bytesPerEndpoint'] = (after.heapUsed + after.external - before.heapUsed - before.external) / endpoints;
await pauses.longest();
globalThis.gc?.();
extra['fullGcMs'] = await pauses.longest();

if (!loadOnly) {
  lookUps();
  for (const [name, text] of Object.entries(SELECTORS)) await selections(name, text);
  await churn();
}
finish({ ...measured, extra });

function lookUps(): void {
  const probes = Array.from({ length: 100_000 }, () => {
    const cluster = Math.floor(maker.random() * clusters);
    const entry = maker.endpoint(cluster, Math.floor(maker.random() * perCluster));
    return { cluster: `cluster-${cluster}`, entry, ip: (entry.ipNetworks[0] ?? '').slice(0, -3) };
  });
  const timed = (ask: (probe: (typeof probes)[number]) => boolean): number => {
    let missed = 0;
    const round = (): void => {
      for (const probe of probes) if (!ask(probe)) missed++;
    };
    round();
    const began = performance.now();
    round();
    if (missed > 0) throw new Error(`${missed} look-ups found nothing`);
    return ((performance.now() - began) * 1000) / probes.length;
  };
  extra['byKeyUs'] = timed(
    ({ cluster, entry }) => index.get(cluster, 'WorkloadEndpoint', entry) !== undefined,
  );
  extra['byAddressUs'] = timed(({ ip }) => index.endpointsByIP(ip).length > 0);
}

/** The time of a selection without objects, and the longest time that it kept the event loop. */
async function selections(name: string, text: string): Promise<void> {
  const runs: number[] = [];
  let longest = 0;
  for (let i = 0; i < 7; i++) {
    // Parsed anew: nothing may be remembered from the run before.
    const selector = parseSelector(text);
    const stalls = new StallWatch();
    await delay(2);
    stalls.reset();
    const began = performance.now();
    await index.select(selector, { limit: 0 });
    runs.push(performance.now() - began);
    longest = Math.max(longest, stalls.stop());
  }
  runs.sort((a, b) => a - b);
  extra[`select.${name}.ms`] = runs[3] ?? Number.NaN;
  extra[`select.${name}.stallMs`] = longest;
}

async function churn(): Promise<void> {
  await pauses.longest();
  const began = performance.now();
  let changes = 0;
  for (let round = 1; round <= 200; round++) {
    const cluster = round % clusters;
    const deltas: Delta[] = [];
    for (let i = 0; i < BATCH; i++) {
      const at = (round * BATCH + i) % perCluster;
      deltas.push({ op: 'put', entry: maker.endpoint(cluster, at, 1 + round) });
      deltas.push({ op: 'delete', key: maker.endpoint(cluster, at, 1 + round) });
    }
    stores[cluster]?.apply(deltas);
    changes += deltas.length;
    if (round % 10 === 0) await delay(1);
  }
  extra['churnUs'] = ((performance.now() - began) * 1000) / changes;
  extra['steadyGcMs'] = await pauses.longest();
}
