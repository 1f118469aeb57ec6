import { Etcd } from '../../test/rig/etcd.ts';
import { World } from '../../src/simulator/world.ts';
import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { limit, ratio, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { NotHere, size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { ENDPOINT_PREFIX, endpointPairs, putAll } from '../servers/real-data.ts';

const OURS = 'fedsyncd';
const PAGED = 'Go clientv3 + encoding/json, pages of 10,000';
const WHOLE = 'Go clientv3 + encoding/json, whole';
const NODE = 'etcd3 getAll + JSON.parse';
const CTL = 'etcdctl get --prefix > /dev/null';

/** S4: all WorkloadEndpoints of a real etcd into an index that can be asked. */
export async function etcdFirstSync(settings: Settings): Promise<Report> {
  const etcd = await startEtcd(settings);
  try {
    const count = size(settings, 100_000, 10_000);
    const pairs = endpointPairs(etcdWorld(count));
    await putAll(etcd.client, pairs);
    const rows = await compare(contenders(settings, etcd.endpoint, count), settings.runs);
    const bytes = pairs.reduce((sum, [, value]) => sum + value.length, 0) / pairs.length;
    const better = Math.min(
      times(rows, (r) => r.wallMs, [PAGED, OURS]),
      times(rows, (r) => r.wallMs, [WHOLE, OURS]),
    );
    return {
      id: 'S4',
      title: 'WorkloadEndpoints of a real etcd until queryable',
      setting: `${count} WorkloadEndpoints of ${Math.round(bytes)} bytes from etcd on this machine, no TLS. The peers decode into a map; etcdctl decodes nothing.`,
      per: 'endpoint',
      rows,
      goals: [
        ratio("wall, Go clientv3's better mode / ours", 2, better),
        ratio(
          'wall, etcd3 / ours',
          1.7,
          times(rows, (r) => r.wallMs, [NODE, OURS]),
        ),
        limit('RSS, ours / etcd3', 0.5, 1 / times(rows, (r) => r.maxRssMb, [NODE, OURS]), 'x'),
        ratio(
          'wall, etcdctl / ours',
          1,
          times(rows, (r) => r.wallMs, [CTL, OURS]),
        ),
      ],
      notes: [],
    };
  } finally {
    await etcd.dispose();
  }
}

/** A real etcd; throws NotHere where there is none. */
export async function startEtcd({ servers }: Settings): Promise<Etcd> {
  if (servers.etcd === undefined) throw new NotHere('no etcd: npm run servers');
  return Etcd.start({ binary: servers.etcd });
}

/** A cluster whose endpoints are in etcd. */
export function etcdWorld(count: number): World {
  return new World({ seed: 1, endpoints: count, services: 0, systemPods: false, etcd: true });
}

function contenders({ hasGo, servers }: Settings, server: string, count: number): Contender[] {
  const prefix = ENDPOINT_PREFIX;
  const list: Contender[] = [
    { name: OURS, command: script('clients/sync.ts', { type: 'etcdv3', server, count }) },
    { name: NODE, command: script('peers/etcd3-client.ts', { server, prefix, count }) },
  ];
  if (!hasGo) return list;
  list.push(
    { name: PAGED, command: goPeer('etcd-list', { server, prefix, count, pageSize: 10_000 }) },
    { name: WHOLE, command: goPeer('etcd-list', { server, prefix, count, pageSize: 0 }) },
  );
  if (servers.etcdctl !== undefined) {
    const command = [
      servers.etcdctl,
      `--endpoints=${server}`,
      '--command-timeout=60s',
      'get',
      '--prefix',
      prefix,
    ];
    list.push({ name: CTL, command: goPeer('exec', { command, count }) });
  }
  return list;
}
