import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MergedIndex } from '../../src/index/merged-index.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { ListPlaces } from '../../src/sync/list-places.ts';
import { Reflector } from '../../src/sync/reflector.ts';
import { until } from '../rig/deadline.ts';
import { RESOURCE } from './reader.ts';
import { type ConformanceRig, versionOf } from './rig.ts';
import { stateOf, Writer } from './writer.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);

export type Step =
  | { readonly do: 'put' | 'delete'; readonly name: number }
  | { readonly do: 'cut' | 'settle' | 'expire' | 'restart' };

/** These are never deleted, so none of them may ever go away in the index. */
const LASTING = ['lasting-1', 'lasting-2', 'lasting-3'];
const NAMES = [...LASTING, ...Array.from({ length: 7 }, (_, i) => `passing-${i}`)];

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.nat(NAMES.length - 1) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      name: fc.integer({ min: LASTING.length, max: NAMES.length - 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'cut' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'settle' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'expire' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
);

/**
 * Random histories of one server, followed by a reflector into the merged index: in the end, and wherever a history
 * settles, the index equals a plain model. A failure prints the seed; PBT_SEED repeats it.
 */
export async function checkHistories(rig: ConformanceRig, numRuns: number): Promise<void> {
  const history = fc.array(step, { minLength: 25, maxLength: 35 });
  // No shrinking: a history that fails by its timing does not fail again when it is shorter.
  await fc.assert(
    fc.asyncProperty(history, (steps) => replay(rig, affordable(rig, steps))),
    { seed, numRuns, endOnFailure: true },
  );
}

/** Of what takes seconds only the first. */
function affordable(rig: ConformanceRig, steps: readonly Step[]): readonly Step[] {
  if (!rig.slow) return steps;
  const costly = (one: Step): boolean => one.do === 'expire' || one.do === 'restart';
  const first = steps.findIndex(costly);
  return steps.filter((one, i) => !costly(one) || i === first);
}

async function replay(rig: ConformanceRig, steps: readonly Step[]): Promise<void> {
  const writer = new Writer(rig);
  const datastore = await rig.open({ clock: systemClock, requestTimeoutMs: 5_000 });
  const index = new MergedIndex({
    clock: systemClock,
    random: seededRandom(seed),
    report: () => undefined,
    maxObjectsPerCluster: 1_000,
  });
  const deleted = new Set<string>();
  index.onCommit((changes) => {
    for (const { op, name } of changes) if (op === 'delete') deleted.add(name);
  });
  const controller = new AbortController();
  const following = follow(datastore, index, controller.signal);
  try {
    await writer.put(...LASTING);
    await settled(index, writer);
    for (const one of steps) await take(one, { rig, writer, index });
    await settled(index, writer);
  } finally {
    controller.abort(new Error('history over'));
    await following;
    await datastore.close();
  }
  // Whoever resumes from an older point sees a put and its delete again: so often at least, not exactly.
  for (const name of deleted) {
    const workload = NAMES.find((candidate) => name.includes(`-${candidate.replaceAll('-', '--')}-`)) ?? '?';
    assert.ok((writer.deletions.get(workload) ?? 0) > 0, `${workload} went away and was never deleted`);
  }
  await writer.clear();
}

interface Stage {
  readonly rig: ConformanceRig;
  readonly writer: Writer;
  readonly index: MergedIndex;
}

async function take(one: Step, { rig, writer, index }: Stage): Promise<void> {
  switch (one.do) {
    case 'put':
      return writer.put(NAMES[one.name] ?? '');
    case 'delete':
      return writer.delete(NAMES[one.name] ?? '');
    case 'cut':
      return rig.link?.cut();
    case 'settle':
      return settled(index, writer);
    case 'expire':
      return rig.expire?.();
    case 'restart':
      return rig.restart?.();
  }
}

async function follow(
  datastore: Awaited<ReturnType<ConformanceRig['open']>>,
  index: MergedIndex,
  signal: AbortSignal,
): Promise<void> {
  const ignore = (): void => undefined;
  const reflector = new Reflector({
    datastore,
    resource: RESOURCE,
    store: index.open('remote').resource(RESOURCE),
    observer: { event: ignore, contact: ignore, listed: ignore, note: ignore },
    timings: { idleMs: 10_000, firstRetryMs: 20, maxRetryMs: 200, forbiddenRetryMs: 200, shortWatchMs: 50 },
    clock: systemClock,
    random: seededRandom(seed),
    lists: new ListPlaces(new Gate(1), 'remote'),
  });
  await reflector.run(signal);
}

async function settled(index: MergedIndex, writer: Writer): Promise<void> {
  const held = (): string =>
    stateOf(
      new Map(
        [...index.list('WorkloadEndpoint')].flatMap(({ entry }) =>
          entry.kind === 'WorkloadEndpoint'
            ? [[entry.workload, versionOf(entry.ipNetworks[0] ?? '')] as const]
            : [],
        ),
      ),
    );
  try {
    await until('the index to equal the model', () => held() === stateOf(writer.model), {
      timeoutMs: 15_000,
    });
  } catch {
    assert.equal(held(), stateOf(writer.model));
  }
}
