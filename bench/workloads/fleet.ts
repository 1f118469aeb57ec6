import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { limit } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { quantile } from '../harness/statistics.ts';
import { TASKSET, TappedDaemon } from '../harness/tapped-daemon.ts';
import type { Commit, FleetMessage } from '../servers/fleet.ts';

const CHANGES_PER_SECOND = 325;
const SETTLE_MS = 5000;
/** One after the other. Of a single one the p99 would be the eighth of some 800 changes: chance. */
const RESTARTS = 5;

interface Measured {
  readonly syncMs: number;
  readonly cores: number;
  readonly p50: number;
  readonly p99: number;
  readonly lost: number;
  readonly maxRssMb: number;
  /** The p99 of the other clusters while one restarts. */
  readonly p99Restart: number;
}

type Commits = readonly Commit[];

interface Latencies {
  readonly times: readonly number[];
  readonly lost: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
}

let kept: Promise<Measured> | undefined;

/** S8: a whole fleet on one core. */
export async function fleet(settings: Settings): Promise<Report> {
  const { syncMs, cores, p50, p99, lost, maxRssMb } = await measured(settings);
  return {
    ...describe('S8', 'fleet', settings),
    goals: [
      limit('all in sync after the start of the process', 15, syncMs / 1000, 's'),
      limit('steady state, share of a core', 20, cores * 100, '%'),
      limit('commit to change stream, p99', 100, p99, 'ms'),
      limit('max RSS', 600, maxRssMb, 'MB'),
      limit('changes that never arrived', 0, lost, ''),
    ],
    notes: [`The median from commit to change stream is ${p50.toFixed(1)} ms.`],
  };
}

/** S9: one cluster restarts while the others change. */
export async function restart(settings: Settings): Promise<Report> {
  const { p99, p99Restart } = await measured(settings);
  return {
    ...describe('S9', 'one cluster restarts and is listed again', settings),
    goals: [limit("the others' p99, against that before", 2, p99Restart / p99, 'x')],
    notes: [
      `p99 ${p99.toFixed(1)} ms before, ${p99Restart.toFixed(1)} ms in the ${SETTLE_MS / 1000} s after each of ${size(settings, RESTARTS, 2)} restarts, without the cluster that restarts.`,
    ],
  };
}

async function measured(settings: Settings): Promise<Measured> {
  kept ??= measure(settings);
  return kept;
}

async function measure(settings: Settings): Promise<Measured> {
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
  try {
    const clusters = size(settings, 250, 20);
    await using server = await startFleet({ clusters, endpoints: 1000, services: 100, directory });
    await using daemon = await TappedDaemon.start(directory);
    const syncMs = await daemon.inSync(clusters, 300_000);
    const tell = (message: FleetMessage): void => server.send(message);
    tell({ type: 'rate', changesPerSecond: CHANGES_PER_SECOND });
    await delay(SETTLE_MS);

    const steadyMs = settings.quick ? 10_000 : 30_000;
    await server.ask<Commits>({ type: 'commits' });
    const before = await daemon.report(true);
    await delay(steadyMs);
    const steady = await latencies(server, daemon);

    const during: Latencies[] = [];
    for (let cluster = 1; cluster <= size(settings, RESTARTS, 2); cluster++) {
      const name = await server.ask<string>({ type: 'reset', cluster });
      await delay(SETTLE_MS);
      during.push(await latencies(server, daemon, name));
    }
    return {
      syncMs,
      cores: (steady.cpuMs - before.cpuMs) / steadyMs,
      p50: quantile(steady.times, 0.5),
      p99: quantile(steady.times, 0.99),
      lost: steady.lost,
      maxRssMb: Math.max(...during.map(({ maxRssMb }) => maxRssMb)),
      p99Restart: quantile(
        during.flatMap(({ times }) => times),
        0.99,
      ),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A fleet on the second core, away from the daemon's. */
export async function startFleet(
  work: Readonly<Record<'clusters' | 'endpoints' | 'services', number>> & { readonly directory: string },
): Promise<BenchServer<unknown>> {
  const server = await BenchServer.start('servers/fleet.ts', work, ['--max-old-space-size=8000']);
  leaveCoreToDaemon(server);
  return server;
}

/** Puts a process on the second core. */
export function leaveCoreToDaemon({ pid }: BenchServer<unknown>): void {
  spawnSync(TASKSET, ['-a', '-cp', '1', String(pid)]);
}

async function latencies(
  server: BenchServer<unknown>,
  daemon: TappedDaemon,
  without?: string,
): Promise<Latencies> {
  const commits = await server.ask<Commits>({ type: 'commits' });
  // What was committed last is still on its way.
  await delay(2000);
  const { arrivals, cpuMs, maxRssMb } = await daemon.report();
  const at = new Map<string, number>();
  for (const [key, time] of arrivals) if (!at.has(key)) at.set(key, time);
  const own = commits.filter(([key]) => without === undefined || !key.startsWith(`${without} `));
  const times = own.flatMap(([key, time]) => {
    const arrived = at.get(key);
    return arrived === undefined ? [] : [arrived - time];
  });
  return { times, lost: own.length - times.length, cpuMs, maxRssMb };
}

function describe(
  id: string,
  title: string,
  settings: Settings,
): Pick<Report, 'id' | 'title' | 'setting' | 'per' | 'rows'> {
  return {
    id,
    title,
    setting: `${size(settings, 250, 20)} simulated clusters of 1,000 endpoints and 100 services each, ${CHANGES_PER_SECOND} changes a second, the real daemon on one core and the simulator on the other.`,
    per: 'change',
    rows: [],
  };
}
