import { KubeApiserver } from '../../test/rig/kube-apiserver.ts';
import { World } from '../../src/simulator/world.ts';
import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { limit, ratio, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import { NotHere, size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { podPairs, putAll } from '../servers/real-data.ts';

const OURS = 'fedsyncd';
const BEST = 'client-go informer, protobuf, WatchList off';
const NODE = 'client-node informer';

/** S1: all pods of a real kube-apiserver into an index that can be asked. */
export async function podsFirstSync(settings: Settings): Promise<Report> {
  const server = await apiserver(settings);
  try {
    const count = size(settings, 50_000, 5_000);
    await load(server, count);
    const rows = await compare(contenders(settings, await server.kubeconfigFile(), count), settings.runs);
    const ours = rows.find(({ name }) => name === OURS);
    return {
      id: 'S1',
      title: 'pods of a real kube-apiserver until queryable',
      setting: `${count} pods over TLS from kube-apiserver with an etcd of its own, all on this machine. Ours: adapter, reflector and merged index, queryable by key, address and selector; client-go's store is queryable by key and namespace only.`,
      per: 'pod',
      rows,
      goals: [
        ratio(
          'wall, client-go best mode / ours',
          1.8,
          times(rows, (r) => r.wallMs, [BEST, OURS]),
        ),
        ratio(
          'the same with process start',
          1.3,
          times(rows, (r) => r.processMs, [BEST, OURS]),
        ),
        ratio(
          'CPU, client-go best mode / ours',
          2.5,
          times(rows, (r) => r.cpuMs, [BEST, OURS]),
        ),
        limit('RSS, ours / client-go best mode', 0.25, 1 / times(rows, (r) => r.maxRssMb, [BEST, OURS]), 'x'),
        ratio(
          'wall, client-node / ours',
          4,
          times(rows, (r) => r.wallMs, [NODE, OURS]),
        ),
        ratio(
          'CPU, client-node / ours',
          7,
          times(rows, (r) => r.cpuMs, [NODE, OURS]),
        ),
      ],
      notes: [
        `CPU with process start: ours ${Math.round(ours?.totalCpuMs ?? 0)} ms, ${rows
          .filter(({ name }) => name !== OURS)
          .map(({ name, totalCpuMs }) => `${name} ${Math.round(totalCpuMs)} ms`)
          .join(', ')}.`,
      ],
    };
  } finally {
    await server.dispose();
  }
}

/** A real API server; throws NotHere where there is none. */
export async function apiserver({ servers }: Settings): Promise<KubeApiserver> {
  const { etcd, kubectl, 'kube-apiserver': kubeApiserver } = servers;
  if (etcd === undefined || kubectl === undefined || kubeApiserver === undefined) {
    throw new NotHere('no kube-apiserver: npm run servers');
  }
  return KubeApiserver.start({ binaries: { etcd, kubectl, kubeApiserver } });
}

/** Fills it with pods and waits until it serves all of them. */
export async function load(server: KubeApiserver, count: number): Promise<void> {
  const world = new World({ seed: 1, endpoints: count, services: 0, systemPods: false });
  await putAll(server.etcd.client, podPairs(world));
  const warm = script('clients/sync.ts', {
    type: 'kubernetes',
    kubeconfig: await server.kubeconfigFile(),
    count,
  });
  for (let attempt = 1; ; attempt++) {
    try {
      await runClient(warm);
      return;
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function contenders(settings: Settings, kubeconfig: string, count: number): Contender[] {
  const ours = {
    name: OURS,
    command: script('clients/sync.ts', { type: 'kubernetes', kubeconfig, count }),
  };
  const node = {
    name: NODE,
    command: script('peers/client-node-informer.ts', { kubeconfig, count }),
    maxRuns: Math.min(3, settings.runs),
  };
  if (!settings.hasGo) return [ours, node];
  const go = (name: string, more: object, maxRuns?: number): Contender => ({
    name,
    command: goPeer('informer', { kubeconfig, count, ...more }),
    ...(maxRuns === undefined ? {} : { maxRuns }),
  });
  return [
    ours,
    go(BEST, { watchList: false }),
    go('client-go informer, protobuf, default', { watchList: true }, 3),
    go('client-go informer, JSON, WatchList off', { watchList: false, format: 'json' }, 3),
    node,
  ];
}
