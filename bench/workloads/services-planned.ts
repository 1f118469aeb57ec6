import { script } from '../harness/build.ts';
import { limit } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import type { Run } from '../harness/run-client.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';

/** S15: one changed endpoint of a service with very many. */
export async function largeService(settings: Settings): Promise<Report> {
  const clusters = 20;
  const counts = settings.quick ? [1000, 2000, 4000] : [1000, 10_000, 50_000];
  const main = counts[1] ?? 0;
  const bySize = new Map<number, readonly Run[]>();
  for (const endpoints of counts) {
    const work = { endpoints, clusters, changes: size(settings, 500, 200) };
    const client = script('clients/large-service.ts', work, ['--expose-gc']);
    bySize.set(endpoints, await repeated(client, endpoints === main ? Math.min(3, settings.runs) : 1));
  }
  const of = (count: number, name: string): number => figure(bySize.get(count) ?? [], name);
  /** Bytes of one endpoint more between two sizes: what is there without endpoints falls out. */
  const slope = (from: number, to: number): number =>
    (of(to, 'bytesPerEndpoint') * to - of(from, 'bytesPerEndpoint') * from) / (to - from);
  const [small = 0, , large = 0] = counts;
  return {
    id: 'S15',
    title: 'a federated service with very many endpoints',
    setting: `${main} endpoints of ${clusters} clusters behind one federated service, without a server: of 500 changes each makes one pod ready or not ready, or replaces it. Each is checked to write exactly one EndpointSlice of 100.`,
    per: 'change',
    rows: [],
    goals: [
      limit('commit, desired state and plan of one change, median', 1, of(main, 'changeMs'), 'ms'),
      limit('the same, p99', 5, of(main, 'changeP99Ms'), 'ms'),
      limit(
        'memory of one endpoint more, in the largest service against in a smaller one',
        1.2,
        slope(main, large) / slope(small, main),
        'x',
      ),
    ],
    notes: [
      `Median of the commit ${of(main, 'commitMs').toFixed(2)} ms, of desired state and plan ${of(main, 'planMs').toFixed(2)} ms; to take the API server's answer ${of(main, 'acceptMs').toFixed(2)} ms. The first plan, of ${of(main, 'slices')} slices, takes ${of(main, 'firstMs').toFixed(0)} ms in a process that has just started.`,
      ...counts.map(
        (count) =>
          `${count} endpoints: a change ${of(count, 'changeMs').toFixed(2)} ms (p99 ${of(count, 'changeP99Ms').toFixed(2)} ms), ${((of(count, 'bytesPerEndpoint') * count) / 1e6).toFixed(0)} MB of heap.`,
      ),
      `An endpoint takes ${slope(small, main).toFixed(0)} B from ${small} to ${main} endpoints and ${slope(main, large).toFixed(0)} B from ${main} to ${large}: index, desired state and slices as the API server holds them.`,
    ],
  };
}

/** S16: many federated services over many clusters. */
export async function serviceFleet(settings: Settings): Promise<Report> {
  const clusters = size(settings, 50, 10);
  const perSlice = 5;
  const counts = settings.quick ? [50, 100, 200] : [100, 1000, 2000];
  const [few = 0, , all = 0] = counts;
  const bySize = new Map<number, readonly Run[]>();
  for (const services of counts) {
    const work = { services, clusters, perSlice, changes: size(settings, 3000, 500) };
    const client = script('clients/service-fleet.ts', work, ['--expose-gc']);
    // The middle one only shows the way.
    const isMiddle = services !== few && services !== all;
    bySize.set(services, await repeated(client, isMiddle ? 1 : Math.min(3, settings.runs)));
  }
  const runs = bySize.get(all) ?? [];
  const of = (count: number, name: string): number => figure(bySize.get(count) ?? [], name);
  return {
    id: 'S16',
    title: 'many federated services over many clusters',
    setting: `${all} federated services with ${perSlice} endpoints in each of ${clusters} clusters, ${all * clusters} EndpointSlices of ours, without a server. The full plan is the first one of the process and finds everything in place, as after a restart.`,
    per: 'endpoint',
    rows: [],
    goals: [
      limit('selection and plan of everything', 2, median(runs.map((run) => run.wallMs)) / 1000, 's'),
      limit(
        'one change, with the most services against with the fewest',
        1.5,
        of(all, 'changeUs') / of(few, 'changeUs'),
        'x',
      ),
    ],
    notes: [
      `CPU of the full plan ${median(runs.map((run) => run.cpuMs)).toFixed(0)} ms, of that ${of(all, 'selectionMs').toFixed(0)} ms to find what backs what; once more it takes ${of(all, 'againMs').toFixed(0)} ms. To read our slices from JSON before it takes ${of(all, 'listedMs').toFixed(0)} ms. Indexes, selection and slices take ${median(runs.map((run) => run.heapMb ?? Number.NaN)).toFixed(0)} MB of heap.`,
      `Commit, desired state and plan of one change, median and p99: ${counts
        .map(
          (count) =>
            `${of(count, 'changeUs').toFixed(0)} us and ${of(count, 'changeP99Us').toFixed(0)} us with ${count} services`,
        )
        .join(
          ', ',
        )}. The service that changed has ${clusters * perSlice} endpoints, and all of them are looked at.`,
    ],
  };
}

async function repeated(client: Parameters<typeof runClient>[0], runs: number): Promise<readonly Run[]> {
  const results: Run[] = [];
  for (let i = 0; i < runs; i++) results.push(await runClient(client));
  return results;
}

function figure(of: readonly Run[], name: string): number {
  return median(of.map((run) => run.extra?.[name] ?? Number.NaN));
}
