import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { FeedView } from '../../../src/feed/feed-object.ts';
import { FEED_PLURALS } from '../../../src/feed/feed-resource.ts';
import type { FeedPlural } from '../../../src/feed/feed-resource.ts';
import { indexedObject } from '../../../src/feed/journal/indexed-object.ts';
import { KIND_OF_PLURAL } from '../../../src/feed/journal/resource-kinds.ts';
import type { IndexedPlural } from '../../../src/feed/journal/resource-kinds.ts';
import { jsonText } from '../../../src/feed/objects/json-text.ts';
import type { Delta } from '../../../src/model/delta.ts';
import type { Kind } from '../../../src/model/kind.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import { propertyOptions } from '../../index/fixtures.ts';
import { CLUSTERS, one, step } from '../../index/random-steps.ts';
import type { Step } from '../../index/random-steps.ts';
import { clusterStatus, FeedRig } from './feed-rig.ts';
import { Reader, keyOf } from './reader.ts';
import type { ReaderPlan } from './reader.ts';

type IndexStep = Extract<
  Step,
  { readonly do: 'apply' | 'begin' | 'end' | 'cancel' | 'retain' | 'drop' | 'bump' }
>;

type FeedStep =
  | { readonly do: 'index'; readonly cluster: string; readonly step: IndexStep }
  | { readonly do: 'reader'; readonly plan: ReaderPlan }
  | { readonly do: 'cut' | 'stall' | 'unstall' | 'leave'; readonly place: number; readonly read: number }
  | { readonly do: 'status'; readonly cluster: string; readonly isConnected: boolean }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' };

const view: fc.Arbitrary<FeedView> = fc.oneof(
  fc.constant({ view: 'merged' } as const),
  one(...CLUSTERS).map((cluster) => ({ view: 'cluster', cluster }) as const),
);
const plan: fc.Arbitrary<ReaderPlan> = fc
  .record({
    resource: one<FeedPlural>('workloadendpoints', 'workloadendpoints', 'services', ...FEED_PLURALS),
    view,
    namespace: one(undefined, undefined, 'shop'),
    labelSelector: one('', '', 'app=web', 'app!=web,!tier', 'origin=east'),
    start: one<ReaderPlan['start']>('list', 'pages', 'watch', 'watchlist'),
  })
  .map((all) => ({
    ...all,
    namespace: ['workloadendpoints', 'services', 'endpointslices'].includes(all.resource)
      ? all.namespace
      : undefined,
  }));
const isIndexStep = (each: Step): each is IndexStep =>
  ['apply', 'begin', 'end', 'cancel', 'retain', 'drop', 'bump'].includes(each.do);

const feedStep: fc.Arbitrary<FeedStep> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('index' as const),
      cluster: one(...CLUSTERS),
      step: step.filter(isIndexStep),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reader' as const), plan }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: one<'cut' | 'stall' | 'unstall' | 'leave'>('cut', 'cut', 'stall', 'unstall', 'leave'),
      place: fc.nat(),
      read: fc.nat(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('status' as const),
      cluster: one(...CLUSTERS),
      isConnected: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: one(0, 0, 1, 2, 2, 300, 1000, 6000, 61_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
);

/** So that it can be seen whose an object is. */
function marked(delta: Delta, cluster: string): Delta {
  if (delta.op !== 'put' || !('labels' in delta.entry)) return delta;
  const labels = LabelSet.of([...delta.entry.labels.entries(), ['origin', cluster]]);
  return { op: 'put', entry: { ...delta.entry, labels } };
}

class World {
  readonly rig: FeedRig;
  readonly readers: Reader[] = [];

  constructor(historyEvents: number) {
    this.rig = new FeedRig({ historyEvents, graceMs: 1000, idleMs: 30_000 });
    for (const cluster of CLUSTERS) this.rig.open(cluster);
    this.rig.start();
  }

  async run(each: FeedStep): Promise<void> {
    const { rig, readers } = this;
    switch (each.do) {
      case 'index':
        await this.#change(each.cluster, each.step);
        break;
      case 'reader': {
        const reader = new Reader(rig, each.plan);
        await reader.begin();
        readers.push(reader);
        break;
      }
      case 'status': {
        const status = each.isConnected ? 'InSync' : 'NotConnecting';
        if (rig.fleet.has(each.cluster)) rig.fleet.set(each.cluster, clusterStatus(each.cluster, { status }));
        break;
      }
      case 'wait':
        await rig.clock.advance(each.ms);
        for (const reader of readers) await reader.follow();
        break;
      case 'restart':
        await rig.restart();
        for (const reader of readers) await reader.follow();
        break;
      default:
        await this.#disturb(each);
    }
  }

  /** All readers hold what a list says, and a list says what the index holds. */
  async compare(): Promise<void> {
    const { rig, readers } = this;
    for (const reader of readers) reader.unstall();
    await rig.clock.advance(2000);
    // After a 410 or a removal a second look starts again, a third sees what that brought.
    for (let looks = 0; looks < 4; looks++) {
      for (const reader of readers) await reader.follow();
      await rig.settle();
    }
    for (const reader of readers) {
      const { start: _, ...request } = reader.plan;
      const { view } = request;
      if (view.view === 'cluster' && !rig.store.hasCluster(view.cluster)) {
        assert.equal(reader.held.size, 0);
        continue;
      }
      const { items } = await rig.list(request);
      const listed = new Map(items.map((item) => [keyOf(item), item]));
      assert.deepEqual(
        [...reader.held].sort(([a], [b]) => (a < b ? -1 : 1)),
        [...listed].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    }
  }

  /** Each list shows exactly the objects of the index, with the revisions of their commits. */
  async compareWithIndex(): Promise<void> {
    const { index } = this.rig;
    for (const [plural, kind] of Object.entries(KIND_OF_PLURAL) as [IndexedPlural, Kind][]) {
      const { metadata, items } = await this.rig.list({ resource: plural });
      const process = metadata.resourceVersion.slice(-3);
      const base = Number(metadata.resourceVersion.slice(0, -3)) - index.revision;
      const expected = Array.from(index.list(kind), ({ cluster, entry, revision }) => {
        const object = indexedObject(cluster, entry, base + revision);
        return jsonText(object, { view: 'merged' }, `${base + revision}${process}`);
      });
      assert.deepEqual(items.map((item) => JSON.stringify(item)).sort(), expected.sort());
    }
  }

  async #change(cluster: string, each: IndexStep): Promise<void> {
    const { rig } = this;
    switch (each.do) {
      case 'apply': {
        const deltas = each.deltas.map((delta) => marked(delta, cluster));
        rig.resource(cluster, each.resource, each.reader).apply(deltas);
        break;
      }
      case 'retain':
        rig.open(cluster).retain(each.resources);
        rig.forget(cluster, each.resources);
        break;
      case 'drop':
        await rig.drop(cluster);
        break;
      case 'bump':
        rig.index.bump();
        break;
      default:
        rig.resource(cluster, each.resource, each.reader)[each.do]();
    }
  }

  async #disturb({ do: what, place, read }: Extract<FeedStep, { readonly place: number }>): Promise<void> {
    const at = place % Math.max(1, this.readers.length);
    const reader = this.readers[at];
    if (reader === undefined) return;
    if (what === 'cut') {
      // Mostly amid what was written.
      if (place % 4 > 0) await this.rig.settle();
      await reader.cut(read);
    }
    if (what === 'stall') reader.stall();
    if (what === 'unstall') reader.unstall();
    if (what === 'leave') {
      reader.close();
      this.readers.splice(at, 1);
    }
  }
}

describe('a reader of the feed', () => {
  it('that lists and watches holds what the index holds, whatever happens to it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(feedStep, { maxLength: 60, size: 'max' }),
        one(4, 30, 10_000),
        async (steps, historyEvents) => {
          const world = new World(historyEvents);
          try {
            for (const each of steps) await world.run(each);
            await world.compare();
            await world.compareWithIndex();
            assert.deepEqual(world.rig.events, []);
            const { ringEvents } = world.rig.store.stats();
            assert.ok(ringEvents <= historyEvents * FEED_PLURALS.length);
            for (const reader of world.readers) reader.close();
          } finally {
            await world.rig.stop();
          }
          assert.equal(world.rig.clock.pending, 0);
        },
      ),
      propertyOptions,
    );
  });
});
