import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { ratio, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';

const OURS = 'fedsyncd';
const BEST = 'client-go informer, protobuf, WatchList off';
const NODE = 'client-node informer';

/** S2: the same pods from a server that costs nothing. */
export async function podsReplay(settings: Settings): Promise<Report> {
  const count = size(settings, 50_000, 5_000);
  const work = { pods: count, updates: 0, formats: ['protobuf', 'json'] };
  await using replay = await BenchServer.start<{ port: number }>('servers/replay.ts', work);
  const rows = await compare(
    contenders(settings, `http://127.0.0.1:${replay.ready.port}`, count),
    settings.runs,
  );
  return {
    id: 'S2',
    title: 'pods of a replay server until queryable',
    setting: `${count} pods over plain HTTP/1.1 from a server that sends prepared bytes.`,
    per: 'pod',
    rows,
    goals: [
      ratio(
        'wall, client-go best mode / ours',
        3,
        times(rows, (r) => r.wallMs, [BEST, OURS]),
      ),
      ratio(
        'wall, client-node / ours',
        8,
        times(rows, (r) => r.wallMs, [NODE, OURS]),
      ),
    ],
    notes: [],
  };
}

function contenders({ hasGo, runs }: Settings, server: string, count: number): Contender[] {
  const ours = { name: OURS, command: script('clients/sync.ts', { type: 'kubernetes', server, count }) };
  const node = {
    name: NODE,
    command: script('peers/client-node-informer.ts', { server, count }),
    maxRuns: Math.min(3, runs),
  };
  if (!hasGo) return [ours, node];
  return [ours, { name: BEST, command: goPeer('informer', { server, count, watchList: false }) }, node];
}
