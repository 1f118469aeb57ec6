import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { WriteProblem } from '../../../src/contract/local-api.ts';
import { type Rank, RANKS } from '../../../src/model/edit-rank.ts';
import { turn } from '../../support/fake-clock.ts';
import type { Fault } from './memory-api.ts';
import { pathOf } from './slices.ts';
import { World } from './world.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['PBT_NUM_RUNS'] ?? 300);

const keys = ['shop/web', 'shop/api', 'blog/web', 'blog/db'] as const;
const problems: readonly WriteProblem[] = [
  ...(['conflict', 'exists', 'not-found', 'terminating', 'invalid', 'throttled'] as const),
  ...(['forbidden', 'absent', 'failed'] as const),
];

type Step =
  | {
      readonly do: 'want';
      readonly key: string;
      readonly slices: Record<string, string[]>;
      readonly rank: Rank | null;
    }
  | { readonly do: 'mark'; readonly key: string }
  | { readonly do: 'meddle'; readonly slice: number; readonly how: 'delete' | 'edit' | 'replace' }
  | { readonly do: 'faults'; readonly faults: readonly Fault[] }
  | { readonly do: 'gate'; readonly budget: number }
  | { readonly do: 'terminate'; readonly namespace: string; readonly on: boolean }
  | { readonly do: 'wait'; readonly ms: number };

const addresses = fc.uniqueArray(
  fc.integer({ min: 1, max: 6 }).map((n) => `10.0.0.${n}`),
  { maxLength: 4 },
);
const key = fc.constantFrom(...keys);
const wanted = key.chain((name) =>
  fc.record({
    do: fc.constant('want' as const),
    key: fc.constant(name),
    slices: fc.dictionary(
      fc.integer({ min: 1, max: 3 }).map((n) => `${name.split('/')[1]}-${n}`),
      addresses,
      { maxKeys: 4 },
    ),
    rank: fc.constantFrom(null, ...RANKS),
  }),
);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ latencyMs: fc.constantFrom(1, 3, 20, 400) }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Fault>({ lost: true }, { latencyMs: 30_000 }, { latencyMs: 11_000 }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      problem: fc.constantFrom(...problems),
      retryAfterMs: fc.constantFrom(1_000, 5_000),
      latencyMs: fc.constantFrom(1, 10),
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: wanted },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mark' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('meddle' as const),
      slice: fc.nat(20),
      how: fc.constantFrom('delete' as const, 'edit' as const, 'replace' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('faults' as const), faults: fc.array(fault, { maxLength: 12 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('gate' as const),
      budget: fc.constantFrom(0, 0, 3_000, Infinity),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('terminate' as const),
      namespace: fc.constantFrom('shop', 'blog'),
      on: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, 2, 5, 30, 700, 9_000),
    }),
  },
);

let meddled = 0;

function meddle(world: World, slice: number, how: 'delete' | 'edit' | 'replace'): void {
  const paths = [...world.api.objects.keys()];
  const path = paths[slice % Math.max(1, paths.length)];
  const object = path === undefined ? undefined : world.api.objects.get(path);
  if (path === undefined || object === undefined) return;
  if (how !== 'edit') world.api.delete(path);
  const metadata = object['metadata'] as Record<string, unknown>;
  if (how === 'replace')
    world.api.put(path, { ...object, metadata: { ...metadata, uid: `foreign-${++meddled}` } });
  if (how === 'edit') world.api.put(path, { ...object, endpoints: [{ addresses: ['192.0.2.1'] }] });
}

async function perform(world: World, step: Step): Promise<void> {
  switch (step.do) {
    case 'want':
      return world.want(step.key, step.slices, step.rank === null ? {} : { rank: step.rank });
    case 'mark':
      return world.mark(step.key);
    case 'meddle':
      return meddle(world, step.slice, step.how);
    case 'faults': {
      const left = [...step.faults];
      world.api.fault = ({ verb }) => {
        const fault = left.shift() ?? {};
        // No server says of what is there that it is not.
        return verb === 'remove' && fault.problem === 'not-found' ? {} : fault;
      };
      return;
    }
    case 'gate':
      return world.gate.set(step.budget);
    case 'terminate':
      if (step.on) world.api.terminating.add(step.namespace);
      else world.api.terminating.delete(step.namespace);
      return;
    case 'wait':
      return step.ms === 0 ? turn() : world.clock.advance(step.ms);
  }
}

async function restartWritesNothing(world: World): Promise<void> {
  const next = new World();
  for (const [path, object] of world.api.objects) {
    next.api.objects.set(path, object);
    next.cache.accepted(object);
  }
  for (const [service, slices] of world.desired) next.want(service, Object.fromEntries(slices));
  next.start();
  await next.settle();
  assert.deepEqual(next.api.requests, []);
  await next.stop();
}

describe('Writer, whatever happens', () => {
  it('brings the server to what is desired, by its rules, and a restart writes nothing', async () => {
    const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });
    const property = fc.asyncProperty(
      steps,
      fc.constantFrom(1, 2, 16),
      async (history, maxParallelWrites) => {
        const world = new World({ maxParallelWrites });
        world.start();
        for (const one of history) await perform(world, one);
        world.api.fault = () => ({});
        world.api.terminating.clear();
        world.gate.set(Infinity);
        await world.settle();
        assert.deepEqual(world.onServer(), world.wanted());
        assert.deepEqual(world.broken, []);
        assert.equal(world.api.inFlight, 0);
        await world.stop();
        assert.equal(world.clock.pending, 0);
        await restartWritesNothing(world);
      },
    );
    await fc.assert(property, { seed, numRuns });
  });

  it('writes in the order of ranks, and within one in the order of marks', async () => {
    const ranks = fc.array(fc.record({ rank: fc.constantFrom(...RANKS), told: fc.boolean() }), {
      minLength: 1,
      maxLength: 40,
    });
    const property = fc.asyncProperty(ranks, async (services) => {
      const world = new World({ maxParallelWrites: 1 });
      const names: string[] = [];
      for (const [i, { rank, told }] of services.entries()) {
        const service = `${rank}${i}`;
        names.push(`${service}-1`);
        world.ranks.set(`shop/${service}`, rank);
        world.want(`shop/${service}`, { [`${service}-1`]: ['10.0.0.1'] }, told ? { rank } : {});
        await world.clock.advance(1);
      }
      world.start();
      await world.settle();
      const expected = RANKS.flatMap((rank) => names.filter((_, i) => services[i]?.rank === rank));
      assert.deepEqual(
        world.api.writes.map(({ path }) => path),
        expected.map((name) => pathOf('shop', name)),
      );
      await world.stop();
    });
    await fc.assert(property, { seed, numRuns: Math.min(numRuns, 40) });
  });
});
