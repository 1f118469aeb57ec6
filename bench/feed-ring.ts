/**
 * The feed alone, in one process: `node --expose-gc bench/feed-ring.ts [--updates N] [--endpoints N] [--batch N]`. Updates go through the index
 * to ten watches of all WorkloadEndpoints in JSON; nine take everything, one has stalled. What is timed is everything: the commits,
 * the events, their encoding, and until the nine have the last one. Prints JSON.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MERGED } from '../src/feed/feed-object.ts';
import { JournalStore } from '../src/feed/journal/journal-store.ts';
import type { WatchEnd, WatchRequest, WatchSink } from '../src/feed/feed-store.ts';
import { MergedIndex } from '../src/index/merged-index.ts';
import type { Delta } from '../src/model/delta.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { EndpointMaker } from './clients/index-data.ts';

const { values } = parseArgs({
  options: {
    updates: { type: 'string', default: '1000000' },
    endpoints: { type: 'string', default: '100000' },
    batch: { type: 'string', default: '500' },
    watches: { type: 'string', default: '10' },
  },
});
const updates = Number(values.updates);
const endpoints = Number(values.endpoints);
const batch = Number(values.batch);
const watches = Number(values.watches);
const LAST = 'the-last-one';
const WATCH: WatchRequest = {
  resource: 'workloadendpoints',
  view: MERGED,
  namespace: undefined,
  encoding: { wire: 'json', form: 'object', includeObject: 'Metadata' },
  labelSelector: '',
  fieldSelector: '',
  resourceVersion: '',
  resourceVersionMatch: 'NotOlderThan',
  sendInitialEvents: false,
  allowWatchBookmarks: false,
  timeoutSeconds: undefined,
};

class CountingSink implements WatchSink {
  readonly #isStalled: boolean;
  bytes = 0;
  ended: WatchEnd | undefined;
  isComplete = false;
  static isClosing = false;

  constructor(isStalled: boolean) {
    this.#isStalled = isStalled;
  }

  write(bytes: Uint8Array): boolean {
    this.bytes += bytes.length;
    if (CountingSink.isClosing && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(LAST)) {
      this.isComplete = true;
    }
    return !this.#isStalled;
  }

  end(why: WatchEnd): void {
    this.ended = why;
  }
}

/** Both states of each endpoint, in batches: nothing of this is timed. */
function rounds(): readonly (readonly Delta[])[][] {
  const maker = new EndpointMaker(false);
  const entries = Array.from({ length: endpoints }, (_, i) => maker.endpoint(1, i));
  return [0, 1].map((state) => {
    const all: Delta[][] = [];
    for (let from = 0; from < endpoints; from += batch) {
      all.push(
        entries.slice(from, from + batch).map((entry, i) => ({
          op: 'put',
          entry: { ...entry, ipNetworks: [`10.${state + 1}.${(from >> 8) & 255}.${(from + i) & 255}/32`] },
        })),
      );
    }
    return all;
  });
}

const states = rounds();
const index = new MergedIndex({
  clock: systemClock,
  random: seededRandom(1),
  report: (event) => console.error(event),
  maxObjectsPerCluster: 10_000_000,
});
const resource = index.open('east').resource('workloadendpoints');

async function run(): Promise<number> {
  const from = performance.now();
  let done = 0;
  for (let round = 0; done < updates; round++) {
    for (const deltas of states[round % 2] ?? []) {
      resource.apply(deltas);
      done += deltas.length;
      await turn();
      if (done >= updates) break;
    }
  }
  return performance.now() - from;
}

// As the last round leaves it, so that the first changes everything.
for (const deltas of states[1] ?? []) resource.apply(deltas);
const indexMs = await run();
for (const deltas of states[1] ?? []) resource.apply(deltas);

const store = new JournalStore({
  lister: index,
  fleet: { clusters: () => [] },
  clock: systemClock,
  random: seededRandom(2),
  report: (event) => console.error(event),
});
const abort = new AbortController();
const running = store.run(abort.signal);
const sinks = Array.from({ length: watches }, (_, i) => new CountingSink(watches > 1 && i === watches - 1));
for (const sink of sinks) await store.watch(WATCH, sink);
await turn();
globalThis.gc?.();
const before = process.memoryUsage();
const cpuBefore = process.cpuUsage();
let peakRss = 0;
const watchRss = setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage().rss)), 20);
const started = performance.now();
await run();
CountingSink.isClosing = true;
resource.apply([{ op: 'put', entry: { ...new EndpointMaker(false).endpoint(2, 1), workload: LAST } }]);
const readers = watches > 1 ? sinks.slice(0, -1) : sinks;
while (!readers.every(({ isComplete }) => isComplete)) {
  if (readers.some(({ ended }) => ended !== undefined))
    throw new Error('a reader that never waits was cut off');
  await turn();
}
const ms = performance.now() - started;
const cpu = process.cpuUsage(cpuBefore);
clearInterval(watchRss);
const stats = store.stats();
globalThis.gc?.();
const after = process.memoryUsage();
abort.abort();
await running;

console.log(
  JSON.stringify(
    {
      updates,
      endpoints,
      batch,
      watches,
      seconds: round(ms / 1000),
      updatesPerSecond: Math.round((updates / ms) * 1000),
      indexAloneUpdatesPerSecond: Math.round((updates / indexMs) * 1000),
      cpuSeconds: round((cpu.user + cpu.system) / 1e6),
      eventsPerReader: stats.eventsTotal,
      deliveriesPerSecond: Math.round(((stats.eventsTotal * readers.length) / ms) * 1000),
      bytesPerEvent: Math.round(stats.encodedBytesTotal / stats.eventsTotal),
      deliveredMbPerSecond: Math.round(readers.reduce((sum, { bytes }) => sum + bytes, 0) / ms / 1000),
      stalled: sinks.at(-1)?.ended ?? 'follows',
      ringMb: round(stats.ringBytes / 1e6),
      peakRssMb: Math.round(peakRss / 1e6),
      heapGrowthMb: round((after.heapUsed - before.heapUsed) / 1e6),
      externalGrowthMb: round((after.external - before.external) / 1e6),
    },
    null,
    2,
  ),
);

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
