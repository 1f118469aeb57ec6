import { script } from '../harness/build.ts';
import { rowOf } from '../harness/compare.ts';
import { limit, ratio } from '../harness/report.ts';
import type { Goal, Report } from '../harness/report.ts';
import { runClient } from '../harness/run-client.ts';
import type { Run } from '../harness/run-client.ts';
import { size } from '../harness/settings.ts';
import type { Settings } from '../harness/settings.ts';
import { median } from '../harness/statistics.ts';

const WATCHES = 10;
const BATCH = 500;

/** Objects that change all the time; and so many that each changes once in a while. */
const BUSY = 1000;

/** S18: many updates to some watches of the feed, one of which takes nothing. */
export async function feedRing(settings: Settings): Promise<Report> {
  const updates = size(settings, 1_000_000, 400_000);
  const many = size(settings, 100_000, 20_000);
  const count = Math.min(size(settings, 3, 2), settings.runs);
  const busy = await repeated(count, { updates, endpoints: BUSY });
  const each = await repeated(count, { updates, endpoints: many });
  const shorter = await repeated(1, { updates: updates / 4, endpoints: many });
  const growth = (runs: readonly Run[]): number => medianOf(runs, 'rssGrowthMb');
  const stalledOn = [...each, ...shorter].filter(({ extra }) => extra?.['stalledCutOff'] !== 1).length;
  return {
    id: 'S18',
    title: 'updates to watches of the feed, one of them stalled',
    setting: `${updates} updates of WorkloadEndpoints in commits of ${BATCH}, through the index to ${WATCHES} watches in JSON of which one takes nothing, in one process and without a network. Until the other ${WATCHES - 1} have the last event. Each update changes an address. Once of ${BUSY} objects that change all the time, and once of ${many} objects in turn, where no two states of one object meet.`,
    per: 'update',
    rows: [
      { ...rowOf(`fedsyncd, ${BUSY} busy objects`, busy), processMs: Number.NaN },
      { ...rowOf(`fedsyncd, ${many} objects in turn`, each), processMs: Number.NaN },
    ],
    goals: [
      accepted(`${BUSY} busy objects`, busy),
      accepted(`${many} objects in turn`, each),
      ratio(
        'busy objects, against the index without a feed',
        0.5,
        medianOf(busy, 'updatesPerSecond') / medianOf(busy, 'indexAloneUpdatesPerSecond'),
      ),
      limit('resident memory at its peak, above that before', 400, growth(each), 'MB'),
      limit('the same, against a quarter of the updates', 1.25, growth(each) / growth(shorter), 'x'),
      limit('history of events, 64 MiB', 67.2, medianOf(each, 'ringMb'), 'MB'),
      limit('stalled watches that were not cut off', 0, stalledOn, ''),
    ],
    notes: [noteOf(`${BUSY} busy objects`, busy), noteOf(`${many} objects in turn`, each), stalledNote(each)],
  };
}

function accepted(what: string, runs: readonly Run[]): Goal {
  const measured = medianOf(runs, 'updatesPerSecond');
  return {
    what: `updates accepted in a second, ${what}`,
    goal: 500_000,
    measured,
    better: 'more',
    unit: '/s',
  };
}

function medianOf(runs: readonly Run[], name: string): number {
  return median(runs.map(({ extra }) => extra?.[name] ?? Number.NaN));
}

function noteOf(what: string, runs: readonly Run[]): string {
  const of = (name: string): number => medianOf(runs, name);
  return `${what}: the index alone takes ${thousands(of('indexAloneUpdatesPerSecond'))} updates a second. Of the CPU ${of('threadCpuMs').toFixed(0)} ms are the main thread's, the others the collector's and the compiler's. ${thousands(of('eventsPerReader'))} events of ${of('bytesPerEvent').toFixed(0)} B went to each of the ${WATCHES - 1}, together ${of('deliveredMbPerSecond').toFixed(0)} MB a second.`;
}

function stalledNote(runs: readonly Run[]): string {
  const of = (name: string): number => medianOf(runs, name);
  return `Objects in turn: the stalled watch had taken ${of('stalledMb').toFixed(1)} MB; ${(of('stalledMs') / 1000).toFixed(1)} s after the first update it was told that its place in the history is gone, and cut off. Resident memory ${of('rssBeforeMb').toFixed(0)} MB before, with all updates in hand, and ${of('peakRssMb').toFixed(0)} MB at its peak; the history was ${of('ringMb').toFixed(1)} MB.`;
}

async function repeated(
  count: number,
  work: Readonly<Record<'updates' | 'endpoints', number>>,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (let i = 0; i < count; i++) runs.push(await once(work));
  return runs;
}

async function once(work: Readonly<Record<'updates' | 'endpoints', number>>): Promise<Run> {
  const client = script('clients/feed-ring.ts', { ...work, batch: BATCH, watches: WATCHES }, ['--expose-gc']);
  const run = await runClient(client);
  console.error(
    `  ${work.updates} updates of ${work.endpoints}: ${Math.round(run.wallMs)} ms, ${Math.round(run.extra?.['updatesPerSecond'] ?? 0)} a second`,
  );
  return run;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
