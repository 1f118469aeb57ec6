import { script } from '../harness/build.ts';
import { limit } from '../harness/report.ts';
import type { Goal, Report } from '../harness/report.ts';
import { readResult } from '../harness/results.ts';
import { runClient } from '../harness/run-client.ts';
import type { Run } from '../harness/run-client.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';

/** The runs serve three workloads: they are made once. */
let kept: Promise<{ readonly kubernetes: readonly Run[]; readonly etcd: readonly Run[] }> | undefined;

/** S7: what an endpoint costs in memory. */
export async function indexMemory(settings: Settings): Promise<Report> {
  const { kubernetes, etcd } = await runs(settings);
  const bytes = figure(kubernetes, 'bytesPerEndpoint');
  const peer = readResult('S1')?.rows.find(({ name }) => name.startsWith('client-go informer, protobuf'));
  const peerBytes = peer === undefined ? Number.NaN : (peer.heapMb * 1e6) / peer.objects;
  return {
    ...describe('S7', 'memory of the index', settings),
    goals: [
      limit('heap and external per endpoint', 150, bytes, 'B'),
      limit('the same, each with an interface name', 150, figure(etcd, 'bytesPerEndpoint'), 'B'),
      limit('max RSS of the process', 450, median(kubernetes.map((run) => run.maxRssMb)), 'MB'),
      limit('longest GC pause in steady state', 10, figure(kubernetes, 'steadyGcMs'), 'ms'),
      limit("of client-go's informer store, per pod", 1 / 40, bytes / peerBytes, 'x'),
    ],
    notes: [
      `A full collection takes ${figure(kubernetes, 'fullGcMs').toFixed(1)} ms; client-go's informer holds ${Math.round(peerBytes)} B per pod.`,
      `Writing an endpoint takes ${figure(kubernetes, 'applyUs').toFixed(1)} us, churn ${figure(kubernetes, 'churnUs').toFixed(1)} us per change with making the object.`,
    ],
  };
}

/** S10: selectors over all endpoints. */
export async function selectorLookUp(settings: Settings): Promise<Report> {
  const { kubernetes } = await runs(settings);
  const goals: Goal[] = [];
  for (const [name, what, goal] of [
    ['equality', 'equality on a label', 5],
    ['common', 'equality on a common label', 5],
    ['complex', 'complex expression', 150],
  ] as const) {
    goals.push(
      limit(what, goal, figure(kubernetes, `select.${name}.ms`), 'ms'),
      limit(`${what}, longest hold of the loop`, 20, figure(kubernetes, `select.${name}.stallMs`), 'ms'),
    );
  }
  return { ...describe('S10', 'selector look-up', settings), goals, notes: [] };
}

/** S11: look-up by address and by key. */
export async function pointLookUp(settings: Settings): Promise<Report> {
  const { kubernetes } = await runs(settings);
  return {
    ...describe('S11', 'look-up by address and by key', settings),
    goals: [
      limit('by key', 2, figure(kubernetes, 'byKeyUs'), 'us'),
      limit('by address', 2, figure(kubernetes, 'byAddressUs'), 'us'),
    ],
    notes: ['The answer is a whole object; an address has the owners of two clusters.'],
  };
}

async function runs(settings: Settings): NonNullable<typeof kept> {
  kept ??= measure(settings);
  return kept;
}

async function measure(settings: Settings): NonNullable<typeof kept> {
  const work = { endpoints: size(settings, 1_000_000, 100_000), clusters: size(settings, 100, 10) };
  const client = (etcd: boolean) =>
    script('clients/index-size.ts', { ...work, etcd, loadOnly: etcd }, ['--expose-gc']);
  const kubernetes: Run[] = [];
  for (let i = 0; i < Math.min(3, settings.runs); i++) kubernetes.push(await runClient(client(false)));
  return { kubernetes, etcd: [await runClient(client(true))] };
}

function figure(of: readonly Run[], name: string): number {
  return median(of.map((run) => run.extra?.[name] ?? Number.NaN));
}

function describe(
  id: string,
  title: string,
  settings: Settings,
): Pick<Report, 'id' | 'title' | 'setting' | 'per' | 'rows'> {
  const count = size(settings, 1_000_000, 100_000);
  return {
    id,
    title,
    setting: `${count} endpoints over ${size(settings, 100, 10)} clusters in the merged index alone: exact keys, uid, revision, time, address and label look-up, 2,000 label sets.`,
    per: 'endpoint',
    rows: [],
  };
}
