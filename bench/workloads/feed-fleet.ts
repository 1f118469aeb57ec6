import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { mergedName } from '../../src/feed/objects/merged-name.ts';
import type { FeedArrivals } from '../clients/feed-events.ts';
import { feedDoor } from '../harness/feed-door.ts';
import { limit } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { quantile } from '../harness/statistics.ts';
import { TappedDaemon } from '../harness/tapped-daemon.ts';
import type { Commit, FleetMessage } from '../servers/fleet.ts';
import { leaveCoreToDaemon, startFleet } from './fleet.ts';

const CHANGES_PER_SECOND = 300;
const SETTLE_MS = 4000;
const LATE_MS = 2000;

type Times = readonly Commit[];

interface Delays {
  readonly times: readonly number[];
  readonly lost: number;
}

interface Measured {
  readonly toIndex: Delays;
  readonly endpoints: Delays;
  readonly slices: Delays;
  readonly events: number;
  readonly cores: number;
  readonly maxRssMb: number;
}

/** S20: from a commit in a remote cluster to an event that a client of the feed reads. */
export async function feedFleet(settings: Settings): Promise<Report> {
  const clusters = size(settings, 250, 20);
  const steadyMs = size(settings, 20_000, 6000);
  const { toIndex, endpoints, slices, events, cores, maxRssMb } = await measure(clusters, steadyMs);
  const times = [...endpoints.times, ...slices.times];
  return {
    id: 'S20',
    title: 'from a commit in a remote to an event of the feed',
    setting: `${clusters} simulated clusters of 1,000 endpoints and 100 services each, ${CHANGES_PER_SECOND} changes a second. One client watches all workloadendpoints and all endpointslices of the merged view, in JSON over TLS with a token, each on a connection of its own. From the commit in the remote until the client has read the event that shows it: each pod that is created, and each that becomes ready or not ready. The real daemon on one core, simulator and client on the other.`,
    per: 'change',
    rows: [],
    goals: [
      limit('commit to event, p99', 100, quantile(times, 0.99), 'ms'),
      limit('changes that never arrived', 0, endpoints.lost + slices.lost, ''),
    ],
    notes: [
      `${times.length} changes in ${steadyMs / 1000} s: p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms. ${parts('workloadendpoints', endpoints)}; ${parts('endpointslices', slices)}.`,
      `To the change stream of the index, workloadendpoints alone, it takes ${parts('', toIndex).trim()}.`,
      `The daemon took ${(cores * 100).toFixed(0)} % of a core for everything, and at most ${maxRssMb.toFixed(0)} MB; ${((events * 1000) / steadyMs).toFixed(0)} events a second were sent.`,
    ],
  };
}

function parts(of: string, { times }: Delays): string {
  return `${of} p50 ${quantile(times, 0.5).toFixed(1)} ms and p99 ${quantile(times, 0.99).toFixed(1)} ms`;
}

async function measure(clusters: number, steadyMs: number): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  const rccs = join(directory, 'rcc');
  try {
    const door = await feedDoor(directory);
    await using server = await startFleet({ clusters, endpoints: 1000, services: 100, directory: rccs });
    await using daemon = await TappedDaemon.start(rccs, door.flags);
    await daemon.inSync(clusters, 300_000);
    await using client = await BenchServer.start('clients/feed-events.ts', door.access);
    leaveCoreToDaemon(client);
    const tell = (message: FleetMessage): void => server.send(message);
    tell({ type: 'rate', changesPerSecond: CHANGES_PER_SECOND });
    await delay(SETTLE_MS);

    await server.ask<Times>({ type: 'commits' });
    await server.ask<Times>({ type: 'flips' });
    const before = await daemon.report(true);
    const { events: eventsBefore } = await client.ask<FeedArrivals>('seen');
    await delay(steadyMs);
    const commits = await server.ask<Times>({ type: 'commits' });
    const flips = await server.ask<Times>({ type: 'flips' });
    // What was committed last is still on its way.
    await delay(LATE_MS);
    const { arrivals, cpuMs, maxRssMb } = await daemon.report();
    const seen = await client.ask<FeedArrivals>('seen');
    if (eventsBefore === 0) throw new Error('the feed sent nothing');
    return {
      toIndex: delays(commits, arrivals),
      endpoints: delays(commits.map(asShown), seen.endpoints),
      slices: delays(flips, seen.slices),
      events: (seen.events * steadyMs) / (steadyMs + LATE_MS),
      cores: (cpuMs - before.cpuMs) / (steadyMs + LATE_MS),
      maxRssMb,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the merged view calls an endpoint. */
function asShown([key, at]: Commit): Commit {
  const [cluster = '', namespace = '', name = ''] = key.split(' ');
  return [`${namespace} ${mergedName(cluster, name)}`, at];
}

/** Until the first arrival that is not older than the change. */
function delays(changes: Times, arrivals: Times): Delays {
  const arrivalsOf = Map.groupBy(arrivals, ([key]) => key);
  const times = changes.flatMap(([key, at]) => {
    const arrival = arrivalsOf.get(key)?.find(([, seen]) => seen >= at);
    return arrival === undefined ? [] : [arrival[1] - at];
  });
  return { times, lost: changes.length - times.length };
}
