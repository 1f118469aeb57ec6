import type { Etcd3 } from 'etcd3';
import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender } from '../harness/compare.ts';
import { limit, times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { ENDPOINT_PREFIX, endpointPairs, putAll } from '../servers/real-data.ts';
import { etcdWorld, startEtcd } from './s4-etcd-first-sync.ts';

const OURS = 'fedsyncd';
const GO = 'Go clientv3 + encoding/json';
const NODE = 'etcd3 + JSON.parse, no index';
const KEYS = 10_000;

/** S6: updates of WorkloadEndpoints over a watch, written 100 in a revision. */
export async function etcdWatch(settings: Settings): Promise<Report> {
  const etcd = await startEtcd(settings);
  try {
    const count = size(settings, 50_000, 10_000);
    const world = etcdWorld(KEYS);
    await putAll(etcd.client, endpointPairs(world));
    const updates = new UpdateWriter(etcd.client, world, count);
    const clients = contenders(settings, etcd.endpoint, count);
    const rows = await compare(
      clients.map((client) => ({ ...client, onReady: () => updates.write() })),
      settings.runs,
    );
    return {
      id: 'S6',
      title: 'etcd watch, batched writes',
      setting: `${count} puts in revisions of 100 to ${KEYS} WorkloadEndpoints of a real etcd while the client watches; each changes a label. Wall time is bound by the writer and etcd, so CPU is compared.`,
      per: 'event',
      rows,
      goals: [
        limit('CPU per event, ours / Go clientv3', 2 / 3, 1 / times(rows, (r) => r.cpuMs, [GO, OURS]), 'x'),
        limit('CPU per event, ours / etcd3', 1, 1 / times(rows, (r) => r.cpuMs, [NODE, OURS]), 'x'),
      ],
      notes: [],
    };
  } finally {
    await etcd.dispose();
  }
}

/** Writes `count` updates; prepares the values before, so that the writer is not the limit. */
class UpdateWriter {
  readonly #client: Etcd3;
  /** Two states of each endpoint, written by turns: every write changes something, also the first of a run. */
  readonly #states: readonly (readonly [string, Buffer])[][];
  readonly #rounds: number;
  #written = 0;

  constructor(client: Etcd3, world: ReturnType<typeof etcdWorld>, count: number) {
    this.#client = client;
    this.#states = [0, 1].map(() => {
      for (let i = 0; i < KEYS; i++) world.deployments.touch(i);
      return endpointPairs(world);
    });
    this.#rounds = Math.ceil(count / KEYS);
  }

  async write(): Promise<void> {
    for (let round = 0; round < this.#rounds; round++) {
      await putAll(this.#client, this.#states[this.#written++ % 2] ?? []);
    }
  }
}

function contenders({ hasGo }: Settings, server: string, count: number): Contender[] {
  const prefix = ENDPOINT_PREFIX;
  const list: Contender[] = [
    { name: OURS, command: script('clients/watch.ts', { type: 'etcdv3', server, count }) },
    { name: NODE, command: script('peers/etcd3-client.ts', { server, prefix, count: 0, updates: count }) },
  ];
  if (hasGo) list.push({ name: GO, command: goPeer('etcd-watch', { server, prefix, count }) });
  return list;
}
