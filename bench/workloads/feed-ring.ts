import { script } from '../harness/build.ts';
import { rowOf } from '../harness/compare.ts';
import { limit, ratio } from '../harness/report.ts';
import type { Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import type { Run } from '../harness/run-client.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';

const WATCHES = 10;
const BATCH = 500;

/** S18: many updates to some watches of the feed, one of which takes nothing. */
export async function feedRing(settings: Settings): Promise<Report> {
  const updates = size(settings, 1_000_000, 400_000);
  const endpoints = size(settings, 100_000, 20_000);
  const runs: Run[] = [];
  for (let i = 0; i < Math.min(size(settings, 3, 2), settings.runs); i++) {
    runs.push(await once({ updates, endpoints }));
  }
  const shorter = await once({ updates: updates / 4, endpoints });
  const of = (name: string, from: readonly Run[] = runs): number =>
    median(from.map(({ extra }) => extra?.[name] ?? Number.NaN));
  const row = rowOf('fedsyncd', runs);
  const growth = of('rssGrowthMb');
  const isStalledOn = [...runs, shorter].filter(({ extra }) => extra?.['stalledCutOff'] !== 1).length;
  return {
    id: 'S18',
    title: 'updates to watches of the feed, one of them stalled',
    setting: `${updates} updates of ${endpoints} WorkloadEndpoints in commits of ${BATCH}, through the index to ${WATCHES} watches in JSON of which one takes nothing, in one process and without a network. Until the other ${WATCHES - 1} have the last event. Each update changes an address, so each is an event.`,
    per: 'update',
    rows: [{ ...row, processMs: Number.NaN }],
    goals: [
      {
        what: 'updates accepted in a second',
        goal: 500_000,
        measured: of('updatesPerSecond'),
        better: 'more',
        unit: '/s',
      },
      ratio(
        'the same, against the index without a feed',
        0.5,
        of('updatesPerSecond') / of('indexAloneUpdatesPerSecond'),
      ),
      limit('resident memory at its peak, above that before', 400, growth, 'MB'),
      limit('the same, against a quarter of the updates', 1.25, growth / of('rssGrowthMb', [shorter]), 'x'),
      limit('history of events, 64 MiB', 67.2, of('ringMb'), 'MB'),
      limit('stalled watches that were not cut off', 0, isStalledOn, ''),
    ],
    notes: [
      `The index alone takes ${thousands(of('indexAloneUpdatesPerSecond'))} updates a second. Of the CPU ${of('threadCpuMs').toFixed(0)} ms are the main thread's, the others the collector's and the compiler's. ${thousands(of('deliveriesPerSecond'))} events of ${of('bytesPerEvent').toFixed(0)} B were delivered a second, ${of('deliveredMbPerSecond').toFixed(0)} MB; ${thousands(of('eventsPerReader'))} to each of the ${WATCHES - 1}.`,
      `The stalled watch had taken ${of('stalledMb').toFixed(1)} MB; ${(of('stalledMs') / 1000).toFixed(1)} s after the first update it was told that its place in the history is gone, and cut off.`,
      `Resident memory ${of('rssBeforeMb').toFixed(0)} MB before, with all updates in hand, and ${of('peakRssMb').toFixed(0)} MB at its peak; afterwards ${of('heapGrowthMb').toFixed(0)} MB more of heap and ${of('externalGrowthMb').toFixed(0)} MB more of buffers than before. The history was ${of('ringMb').toFixed(1)} MB.`,
    ],
  };
}

async function once(work: Readonly<Record<'updates' | 'endpoints', number>>): Promise<Run> {
  const client = script('clients/feed-ring.ts', { ...work, batch: BATCH, watches: WATCHES }, ['--expose-gc']);
  const run = await runClient(client);
  console.error(
    `  ${work.updates} updates: ${Math.round(run.wallMs)} ms, ${Math.round(run.extra?.['updatesPerSecond'] ?? 0)} a second`,
  );
  return run;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
