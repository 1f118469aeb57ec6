import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { limit, ratio, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { BenchServer } from '../harness/server.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';

const OURS = 'fedsyncd';
const GO = 'client-go informer, protobuf';
const NODE = 'client-node informer';

/** S3: updates of pods over a watch, as fast as the client takes them. */
export async function podWatch(settings: Settings): Promise<Report> {
  const count = size(settings, 50_000, 10_000);
  const work = { pods: count, updates: count, formats: ['protobuf', 'json'] };
  await using replay = await BenchServer.start<{ port: number }>('servers/replay.ts', work);
  const onReady = (): Promise<void> => Promise.resolve(replay.send('burst'));
  const clients = contenders(settings, `http://127.0.0.1:${replay.ready.port}`, count);
  const rows = await compare(
    clients.map((client) => ({ ...client, onReady })),
    settings.runs,
  );
  const perSecond = rows.map(
    ({ name, wallMs }) => `${name} ${Math.round(count / wallMs).toLocaleString('en')},000/s`,
  );
  return {
    id: 'S3',
    title: 'pod watch, updates from a replay server',
    setting: `${count} MODIFIED events over plain HTTP/1.1 from a server that sends prepared bytes; each changes a label. Ours: decoded, indexed, and seen in the change stream. The peers: seen by an event handler.`,
    per: 'event',
    rows,
    goals: [
      ratio(
        'events per second, ours / client-go',
        3,
        times(rows, (r) => r.wallMs, [GO, OURS]),
      ),
      limit('CPU per event, ours / client-go', 0.25, 1 / times(rows, (r) => r.cpuMs, [GO, OURS]), 'x'),
      ratio(
        'events per second, ours / client-node',
        3,
        times(rows, (r) => r.wallMs, [NODE, OURS]),
      ),
    ],
    notes: [`Events per second: ${perSecond.join(', ')}.`],
  };
}

function contenders({ hasGo }: Settings, server: string, count: number): Contender[] {
  const ours = { name: OURS, command: script('clients/watch.ts', { type: 'kubernetes', server, count }) };
  const node = {
    name: NODE,
    command: script('peers/client-node-informer.ts', { server, count, updates: count }),
  };
  if (!hasGo) return [ours, node];
  return [ours, { name: GO, command: goPeer('informer-watch', { server, count, watchList: false }) }, node];
}
