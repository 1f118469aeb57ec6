/**
 * The feed's journal alone, in one process: updates go through the index to watches of all WorkloadEndpoints in JSON; all but
 * one take everything, one has stalled. What is timed is everything: the commits, the events, their encoding, and until the others
 * have the last one. Needs --expose-gc; the figures are in `extra`.
 */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { MERGED } from '../../src/feed/feed-object.ts';
import { JournalStore } from '../../src/feed/journal/journal-store.ts';
import type { WatchEnd, WatchRequest, WatchSink } from '../../src/feed/feed-store.ts';
import { MergedIndex } from '../../src/index/merged-index.ts';
import type { Delta } from '../../src/model/delta.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { finish, work } from '../harness/client-protocol.ts';
import { Meter } from '../harness/meter.ts';
import { EndpointMaker } from './index-data.ts';

const {
  updates = 1_000_000,
  endpoints = 100_000,
  batch = 500,
  watches = 10,
} = work() as Partial<Record<'updates' | 'endpoints' | 'batch' | 'watches', number>>;
const LAST = 'the-last-one';
/** Longer than the feed leaves a watch that fell behind its last words. */
const END_MS = 15_000;
const RSS_MS = 20;
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
  endedAt = Number.NaN;
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
    this.endedAt = performance.now();
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

/** Returns milliseconds. */
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
let peakRss = before.rss;
const watchRss = setInterval(() => (peakRss = Math.max(peakRss, process.memoryUsage.rss())), RSS_MS);
const thread = process.threadCpuUsage();
const meter = new Meter();
meter.start();
const started = performance.now();
await run();
CountingSink.isClosing = true;
resource.apply([{ op: 'put', entry: { ...new EndpointMaker(false).endpoint(2, 1), workload: LAST } }]);
const readers = watches > 1 ? sinks.slice(0, -1) : sinks;
const stalled = watches > 1 ? sinks.at(-1) : undefined;
while (!readers.every(({ isComplete }) => isComplete)) {
  if (readers.some(({ ended }) => ended !== undefined))
    throw new Error('a reader that never waits was cut off');
  await turn();
}
const ms = performance.now() - started;
const { user, system } = process.threadCpuUsage(thread);
const measured = await meter.stop(updates, ms);
const stats = store.stats();
// Not timed: it is told and cut off some seconds after the history went past it.
const isFollowing = (): boolean => stalled !== undefined && stalled.ended === undefined;
while (isFollowing() && performance.now() - started < ms + END_MS) await delay(RSS_MS);
clearInterval(watchRss);
globalThis.gc?.();
const after = process.memoryUsage();
abort.abort();
await running;

finish({
  ...measured,
  heapMb: after.heapUsed / 1e6,
  extra: {
    updatesPerSecond: (updates / ms) * 1000,
    indexAloneUpdatesPerSecond: (updates / indexMs) * 1000,
    threadCpuMs: (user + system) / 1000,
    eventsPerReader: stats.eventsTotal,
    deliveriesPerSecond: ((stats.eventsTotal * readers.length) / ms) * 1000,
    bytesPerEvent: stats.encodedBytesTotal / stats.eventsTotal,
    deliveredMbPerSecond: readers.reduce((sum, { bytes }) => sum + bytes, 0) / ms / 1000,
    stalledCutOff: stalled?.ended === 'slow' || stalled?.ended === 'expired' ? 1 : 0,
    stalledMs: (stalled?.endedAt ?? Number.NaN) - started,
    stalledMb: (stalled?.bytes ?? 0) / 1e6,
    ringMb: stats.ringBytes / 1e6,
    rssBeforeMb: before.rss / 1e6,
    peakRssMb: peakRss / 1e6,
    rssGrowthMb: (peakRss - before.rss) / 1e6,
    heapGrowthMb: (after.heapUsed - before.heapUsed) / 1e6,
    externalGrowthMb: (after.external - before.external) / 1e6,
  },
});
