import { World } from '../../src/simulator/world.ts';
import { goPeer, script } from '../harness/build.ts';
import { compare } from '../harness/compare.ts';
import type { Contender, Row } from '../harness/compare.ts';
import { times } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { ENDPOINT_PREFIX, endpointPairs, putAll } from '../servers/real-data.ts';
import { startEtcd } from './s4-etcd-first-sync.ts';

interface Endpoint {
  readonly metadata: { name: string; labels: Record<string, string> };
}

/** Data that other data would hide: what repeats less, what is spelt otherwise. */
const VARIANTS: readonly {
  readonly name: string;
  readonly podsPerWorkload?: number;
  readonly ipv6?: boolean;
  /** `number` counts the endpoints. */
  readonly change?: (endpoint: Endpoint, number: number) => void;
}[] = [
  { name: 'as in S4' },
  { name: '50 pods a workload', podsPerWorkload: 50 },
  { name: 'one pod a workload', podsPerWorkload: 1 },
  { name: 'IPv4 and IPv6', ipv6: true },
  {
    name: 'a label of its own',
    change: ({ metadata }) => {
      metadata.labels['statefulset.kubernetes.io/pod-name'] = metadata.name;
    },
  },
  {
    name: '24 labels',
    change: ({ metadata }) => {
      for (let i = 0; i < 15; i++) metadata.labels[`example.com/label-${i}`] = `value-${i}`;
    },
  },
  {
    name: 'labels in any order',
    change: ({ metadata }, number) => {
      const entries = Object.entries(metadata.labels);
      const turn = number % entries.length;
      metadata.labels = Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)]);
    },
  },
  {
    name: 'escapes',
    change: ({ metadata }) => {
      metadata.labels['note'] = 'über "quoted" \\ 漢字';
    },
  },
];

/** S4 with other data; no goals, so that nothing is tuned to one shape of it. */
export async function etcdVariants(settings: Settings): Promise<Report> {
  const count = size(settings, 50_000, 2_000);
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const variant of VARIANTS) {
    const etcd = await startEtcd(settings);
    try {
      await putAll(etcd.client, pairs(variant, count));
      const contenders = both(settings, etcd.endpoint, count, variant.name);
      const measured = await compare(contenders, Math.min(3, settings.runs));
      rows.push(...measured);
      const [ours = '', go = ''] = contenders.map(({ name }) => name);
      if (go !== '') {
        const wall = times(measured, (r) => r.wallMs, [go, ours]);
        const cpu = times(measured, (r) => r.cpuMs, [go, ours]);
        notes.push(
          `${variant.name}: ${wall.toFixed(2)} times the speed of Go, 1/${cpu.toFixed(2)} of its CPU.`,
        );
      }
    } finally {
      await etcd.dispose();
    }
  }
  return {
    id: 'S4V',
    title: 'S4 with other data',
    setting: `${count} WorkloadEndpoints each, against Go clientv3 + encoding/json in pages of 10,000.`,
    per: 'endpoint',
    rows,
    goals: [],
    notes,
  };
}

function pairs(variant: (typeof VARIANTS)[number], count: number): [string, Buffer][] {
  const { podsPerWorkload = 10, ipv6 = false, change } = variant;
  const services = Math.ceil(count / podsPerWorkload);
  const world = new World({ seed: 1, endpoints: count, services, systemPods: false, etcd: true, ipv6 });
  const plain = endpointPairs(world);
  if (change === undefined) return plain;
  return plain.map(([key, value], i) => {
    const endpoint = JSON.parse(value.toString('utf8')) as Endpoint;
    change(endpoint, i);
    return [key, Buffer.from(goJson(endpoint))];
  });
}

/** Go's encoder escapes these three. */
function goJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

function both({ hasGo }: Settings, server: string, count: number, variant: string): Contender[] {
  const ours = {
    name: `fedsyncd, ${variant}`,
    command: script('clients/sync.ts', { type: 'etcdv3', server, count }),
  };
  const work = { server, prefix: ENDPOINT_PREFIX, count, pageSize: 10_000 };
  return hasGo ? [ours, { name: `Go, ${variant}`, command: goPeer('etcd-list', work) }] : [ours];
}
