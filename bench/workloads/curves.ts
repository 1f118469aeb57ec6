import { mkdtemp, rm } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import type { Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import type { Settings } from '../harness/settings.ts';
import { chartSvg } from '../harness/svg.ts';
import type { Chart } from '../harness/svg.ts';
import { TappedDaemon } from '../harness/tapped-daemon.ts';
import { ENDPOINT_PREFIX, endpointPairs, putAll } from '../servers/real-data.ts';
import { startFleet } from './fleet.ts';
import { apiserver, load } from './s1-pods-first-sync.ts';
import { etcdWorld, startEtcd } from './s4-etcd-first-sync.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const RUNS = 3;

/** How S1, S4, S7 and S8 grow with their size: one chart each in `docs/`. */
export async function curves(settings: Settings): Promise<Report> {
  const notes: string[] = [];
  for (const [name, make] of [
    ['s1', podsCurve],
    ['s4', etcdCurve],
    ['s7', memoryCurve],
    ['s8', fleetCurve],
  ] as const) {
    const chart = await make(settings);
    writeFileSync(join(DOCS, `performance-${name}.svg`), chartSvg(chart));
    notes.push(`![${chart.title}](performance-${name}.svg)`, ...chart.series.map(growth));
  }
  return {
    id: 'S14',
    title: 'growth with size',
    setting: `Medians of ${RUNS} runs. A slope of 1 is linear growth.`,
    per: 'endpoint',
    rows: [],
    goals: [],
    notes,
  };
}

/** The slope between the last two points, where constant costs weigh least. */
function growth({ name, points }: Chart['series'][number]): string {
  const [before, last] = points.slice(-2);
  const slope = before && last ? Math.log(last[1] / before[1]) / Math.log(last[0] / before[0]) : Number.NaN;
  const values = points.map(([x, y]) => `${x}: ${y < 10 ? y.toFixed(2) : y.toFixed(0)}`);
  return `${name}: ${values.join(', ')}; slope at the end ${slope.toFixed(2)}.`;
}

async function podsCurve(settings: Settings): Promise<Chart> {
  const ours: [number, number][] = [];
  const go: [number, number][] = [];
  for (const count of settings.quick ? [1000, 2000] : [1000, 10_000, 50_000, 100_000]) {
    const server = await apiserver(settings);
    try {
      await load(server, count);
      const kubeconfig = await server.kubeconfigFile();
      const contenders = pair(
        settings,
        script('clients/sync.ts', { type: 'kubernetes', kubeconfig, count }),
        goPeer('informer', { kubeconfig, count, watchList: false }),
      );
      const rows = await compare(contenders, RUNS);
      ours.push([count, rows[0]?.wallMs ?? Number.NaN]);
      if (rows[1] !== undefined) go.push([count, rows[1].wallMs]);
    } finally {
      await server.dispose();
    }
  }
  return {
    title: 'Pods of a real kube-apiserver until queryable',
    x: 'pods',
    y: 'ms',
    series: withPeer(ours, { name: 'client-go, best mode', points: go }),
  };
}

async function etcdCurve(settings: Settings): Promise<Chart> {
  const ours: [number, number][] = [];
  const go: [number, number][] = [];
  for (const count of settings.quick ? [1000, 2000] : [1000, 10_000, 100_000, 500_000]) {
    const etcd = await startEtcd(settings);
    try {
      await putAll(etcd.client, endpointPairs(etcdWorld(count)));
      const server = etcd.endpoint;
      const contenders = pair(
        settings,
        script('clients/sync.ts', { type: 'etcdv3', server, count }),
        goPeer('etcd-list', { server, prefix: ENDPOINT_PREFIX, count, pageSize: 10_000 }),
      );
      const rows = await compare(contenders, RUNS);
      ours.push([count, rows[0]?.wallMs ?? Number.NaN]);
      if (rows[1] !== undefined) go.push([count, rows[1].wallMs]);
    } finally {
      await etcd.dispose();
    }
  }
  return {
    title: 'WorkloadEndpoints of a real etcd until queryable',
    x: 'endpoints',
    y: 'ms',
    series: withPeer(ours, { name: 'Go clientv3, paged', points: go }),
  };
}

async function memoryCurve({ quick }: Settings): Promise<Chart> {
  const held: [number, number][] = [];
  const resident: [number, number][] = [];
  for (const endpoints of quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]) {
    const work = { endpoints, clusters: Math.max(1, endpoints / 10_000), etcd: false, loadOnly: true };
    const run = await runClient(script('clients/index-size.ts', work, ['--expose-gc']));
    held.push([endpoints, ((run.extra?.['bytesPerEndpoint'] ?? Number.NaN) * endpoints) / 1e6]);
    resident.push([endpoints, run.maxRssMb]);
  }
  return {
    title: 'Memory of the index',
    x: 'endpoints',
    y: 'MB',
    series: [
      { name: 'heap and external', points: held },
      { name: 'max RSS', points: resident },
    ],
  };
}

async function fleetCurve({ quick }: Settings): Promise<Chart> {
  const sync: [number, number][] = [];
  const memory: [number, number][] = [];
  for (const clusters of quick ? [1, 5] : [1, 10, 50, 100, 250]) {
    const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-bench-'));
    try {
      await using _server = await startFleet({ clusters, endpoints: 1000, services: 100, directory });
      await using daemon = await TappedDaemon.start(directory);
      sync.push([clusters, await daemon.inSync(clusters, 300_000)]);
      memory.push([clusters, (await daemon.report()).maxRssMb]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  return {
    title: 'Fleet of clusters with 1,000 endpoints each',
    x: 'clusters',
    y: 'ms, MB',
    series: [
      { name: 'all in sync, ms', points: sync },
      { name: 'max RSS, MB', points: memory },
    ],
  };
}

function pair({ hasGo }: Settings, ours: Contender['command'], peer: Contender['command']): Contender[] {
  const list = [{ name: 'fedsyncd', command: ours }];
  return hasGo ? [...list, { name: 'peer', command: peer }] : list;
}

function withPeer(points: readonly [number, number][], peer: Chart['series'][number]): Chart['series'] {
  const ours = { name: 'fedsyncd', points };
  return peer.points.length > 0 ? [ours, peer] : [ours];
}
