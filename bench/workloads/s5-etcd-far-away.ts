import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { ratio, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { ENDPOINT_PREFIX, endpointPairs, putAll } from '../servers/real-data.ts';
import { etcdWorld, startEtcd } from './s4-etcd-first-sync.ts';

const OURS = 'fedsyncd';
const PAGED = 'Go clientv3 + encoding/json, pages of 10,000';
const WHOLE = 'Go clientv3 + encoding/json, whole';
const DEFAULTS = 'etcd3 getAll, default window of 64 KiB';
const ROUND_TRIP_MS = 40;

/** S5: S4 at a distance. */
export async function etcdFarAway(settings: Settings): Promise<Report> {
  const etcd = await startEtcd(settings);
  try {
    const count = size(settings, 100_000, 5_000);
    await putAll(etcd.client, endpointPairs(etcdWorld(count)));
    const work = { port: etcd.port, roundTripMs: ROUND_TRIP_MS };
    await using proxy = await BenchServer.start<{ port: number }>('servers/delay-proxy.ts', work);
    const server = `http://127.0.0.1:${proxy.ready.port}`;
    const rows = await compare(contenders(settings, server, count), settings.runs);
    const better = Math.min(
      times(rows, (r) => r.wallMs, [PAGED, OURS]),
      times(rows, (r) => r.wallMs, [WHOLE, OURS]),
    );
    return {
      id: 'S5',
      title: 'WorkloadEndpoints of an etcd 40 ms away',
      setting: `${count} WorkloadEndpoints through a proxy that holds every byte for 20 ms in each direction.`,
      per: 'endpoint',
      rows,
      goals: [
        ratio("wall, Go clientv3's better mode / ours", 1, better),
        ratio(
          'wall, default window / ours',
          20,
          times(rows, (r) => r.wallMs, [DEFAULTS, OURS]),
        ),
      ],
      notes: [`${DEFAULTS}: one run, since each takes so long.`],
    };
  } finally {
    await etcd.dispose();
  }
}

function contenders({ hasGo }: Settings, server: string, count: number): Contender[] {
  const prefix = ENDPOINT_PREFIX;
  const list: Contender[] = [
    { name: OURS, command: script('clients/sync.ts', { type: 'etcdv3', server, count }) },
    { name: DEFAULTS, command: script('peers/etcd3-client.ts', { server, prefix, count }), maxRuns: 1 },
  ];
  if (hasGo) {
    list.push(
      { name: PAGED, command: goPeer('etcd-list', { server, prefix, count, pageSize: 10_000 }) },
      { name: WHOLE, command: goPeer('etcd-list', { server, prefix, count, pageSize: 0 }) },
    );
  }
  return list;
}
