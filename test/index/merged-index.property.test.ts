import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Found, IndexChange } from '../../src/contract/lister.ts';
import type { ClusterReplica, ResourceStore } from '../../src/contract/replica.ts';
import { addressOfCidr } from '../../src/model/address.ts';
import { KINDS } from '../../src/model/kind.ts';
import type { Resource } from '../../src/model/kind.ts';
import { parseSelector } from '../../src/model/selector.ts';
import { parseWorkloadEndpointName, workloadEndpointName } from '../../src/model/workload-endpoint-name.ts';
import { keyOf, newIndex, propertyOptions } from './fixtures.ts';
import type { IndexFixture } from './fixtures.ts';
import { ClusterModel, ModelLog, changeText, content, keyText } from './index-model.ts';
import { ADDRESSES, CLUSTERS, one, step } from './random-steps.ts';
import type { Step } from './random-steps.ts';
import { SnapshotChecks } from './snapshot-checks.ts';
import { byText, shown } from './shown.ts';

const SELECTORS = [
  'all()',
  'app == "web"',
  'app != "web"',
  '!has(stage)',
  'stage == "gold" && tier not in {"db"}',
  'has(tier) || stage starts with "s"',
].map(parseSelector);

type ReplicaStep = Extract<Step, { readonly do: 'apply' | 'begin' | 'end' | 'cancel' | 'retain' }>;

/** One cluster under test with its model; stores are opened once for each reader, as reflectors do. */
class Pair {
  readonly replica: ClusterReplica;
  readonly model: ClusterModel;
  readonly #stores = new Map<string, ResourceStore>();

  constructor(replica: ClusterReplica, model: ClusterModel) {
    this.replica = replica;
    this.model = model;
  }

  run(step: ReplicaStep, now: number): void {
    if (step.do === 'retain') {
      this.replica.retain(step.resources);
      this.model.retain(step.resources);
      for (const key of this.#stores.keys()) {
        if (!step.resources.some((resource) => key.startsWith(`${resource}/`))) this.#stores.delete(key);
      }
      return;
    }
    const { resource, reader } = step;
    const store = this.#store(resource, reader);
    this.model.provides.add(resource);
    if (step.do === 'apply') {
      store.apply(step.deltas);
      this.model.apply(resource, reader, step.deltas, now);
    } else {
      store[step.do]();
      this.model[step.do](resource, reader);
    }
  }

  #store(resource: Resource, reader: number): ResourceStore {
    const key = `${resource}/${reader}`;
    const store = this.#stores.get(key) ?? this.replica.resource(resource);
    this.#stores.set(key, store);
    return store;
  }
}

function found(all: Iterable<Found>): string[] {
  return Array.from(all, shown).sort(byText);
}

function compareReads({ index }: IndexFixture, pairs: ReadonlyMap<string, Pair>): void {
  for (const kind of KINDS) {
    const expected = [...pairs.values()].flatMap(({ model }) => model.of(kind));
    assert.deepEqual(found(index.list(kind)), found(expected), kind);
  }
  for (const [cluster, { model, replica }] of pairs) {
    for (const each of model.objects.values()) {
      const { entry } = each;
      const got = index.get(cluster, entry.kind, keyOf(entry));
      assert.ok(got);
      assert.equal(shown(got), shown(each));
      if (entry.kind === 'WorkloadEndpoint') {
        const name = workloadEndpointName(entry);
        assert.ok(index.get(cluster, entry.kind, { namespace: entry.namespace, name }), name);
      }
    }
    compareCounts(replica, model);
    assert.equal(replica.overBudget, model.refusing.size > 0);
  }
  for (const address of ADDRESSES) compareAddress(index, pairs, address);
  for (const owner of ['s1', 's2']) {
    const expected = [...pairs.values()].flatMap(({ model }) =>
      model
        .of('EndpointSlice')
        .filter(({ entry }) => entry.kind === 'EndpointSlice' && entry.service === owner),
    );
    assert.deepEqual(found(index.slicesOf('shop', owner)), found(expected));
    assert.equal(
      index.service('shop', owner).length,
      [...pairs.values()].filter(({ model }) => model.objects.has(`Service|shop|${owner}`)).length,
    );
  }
}

function compareCounts(replica: ClusterReplica, model: ClusterModel): void {
  assert.deepEqual(replica.counts(), {
    workloadEndpoints: model.of('WorkloadEndpoint').length,
    hostEndpoints: model.of('HostEndpoint').length,
    profiles: model.of('Profile').length,
    services: model.provides.has('services') ? model.of('Service').length : null,
    endpointSlices: model.provides.has('endpointslices') ? model.of('EndpointSlice').length : null,
    ipPools: model.of('IPPool').length,
    skipped: model.skips.size,
  });
}

function compareAddress(
  index: IndexFixture['index'],
  pairs: ReadonlyMap<string, Pair>,
  address: string,
): void {
  const owners: string[] = [];
  const excluded: string[] = [];
  for (const [cluster, { model }] of pairs) {
    for (const { entry } of model.objects.values()) {
      const own =
        entry.kind === 'WorkloadEndpoint'
          ? entry.ipNetworks.map(addressOfCidr)
          : entry.kind === 'HostEndpoint'
            ? entry.expectedIPs
            : [];
      if (!own.includes(address) || (entry.kind !== 'WorkloadEndpoint' && entry.kind !== 'HostEndpoint'))
        continue;
      owners.push(`${cluster} ${content(entry)} ${model.inherited(entry).canonical}`);
    }
    for (const [key, { addresses }] of model.exclusions)
      if (addresses.includes(address)) excluded.push(`${cluster} ${key}`);
  }
  const got = index
    .endpointsByIP(address)
    .map((each) => `${each.cluster} ${content(each.entry)} ${each.inheritedLabels.canonical}`);
  assert.deepEqual(got.sort(byText), owners.sort(byText), address);
  const gotExcluded = index
    .excludedByIP(address)
    .map(({ cluster, exclusion }) => `${cluster} ${exclusion.key}`);
  assert.deepEqual(gotExcluded.sort(byText), excluded.sort(byText), address);
}

async function compareSelections({ index }: IndexFixture, pairs: ReadonlyMap<string, Pair>): Promise<void> {
  for (const selector of SELECTORS) {
    for (const only of [undefined, 'east']) {
      const expected = [...pairs].flatMap(([cluster, { model }]) =>
        only !== undefined && cluster !== only
          ? []
          : [...model.of('WorkloadEndpoint'), ...model.of('HostEndpoint')].filter(({ entry }) =>
              model.matches(selector, entry),
            ),
      );
      const selection = await index.select(selector, only === undefined ? {} : { cluster: only });
      assert.deepEqual(found(selection.endpoints), found(expected), selector.canonical);
      assert.equal(selection.count, expected.length);
      const limited = await index.select(selector, {
        limit: 1,
        ...(only === undefined ? {} : { cluster: only }),
      });
      assert.equal(limited.count, expected.length);
      assert.equal(limited.endpoints.length, Math.min(1, expected.length));
    }
  }
}

/** What somebody holds who starts empty and follows the changes; contents are fetched when a put is seen. */
class Follower {
  readonly held = new Map<string, string>();
  #revision = 0;

  follow({ index }: IndexFixture): void {
    const answer = index.changes(this.#revision);
    assert.ok(answer.state === 'ok');
    let last = this.#revision + 1;
    for (const change of answer.changes) {
      assert.ok(change.revision >= last, 'in the order of revisions');
      last = change.revision;
      const { cluster, kind, namespace, name } = change;
      const key = `${cluster} ${kind} ${namespace} ${name}`;
      const entry = index.get(cluster, kind, { namespace, name })?.entry;
      if (change.op === 'delete') this.held.delete(key);
      else this.held.set(key, entry === undefined ? 'gone again' : content(entry));
    }
    assert.equal(answer.revision, index.revision);
    this.#revision = answer.revision;
  }

  compare({ index }: IndexFixture): void {
    const listed = KINDS.flatMap((kind) =>
      Array.from(index.list(kind), ({ cluster, entry }): [string, string] => {
        const name = entry.kind === 'WorkloadEndpoint' ? workloadEndpointName(entry) : entry.name;
        return [`${cluster} ${kind} ${entry.namespace} ${name}`, content(entry)];
      }),
    );
    assert.deepEqual(
      [...this.held].sort(([a], [b]) => byText(a, b)),
      listed.sort(([a], [b]) => byText(a, b)),
    );
  }
}

/** What a listener that wants contents is told, by object. */
class Told {
  readonly changes = new Map<string, string[]>();
  /** Of the change before. */
  #revision = 0;
  #commits = 0;
  readonly #index: IndexFixture['index'];

  constructor({ index }: IndexFixture) {
    this.#index = index;
    index.onCommit(
      (changes) => {
        assert.ok(changes.length > 0, 'an empty commit is told to nobody');
        this.#commits++;
        for (const change of changes) this.#add(change);
        this.#compare(changes);
      },
      { lastUpTo: () => Number.POSITIVE_INFINITY },
    );
  }

  /** The content that comes with the last change of an object is what can be read, but for the resource version. */
  #compare(changes: readonly IndexChange[]): void {
    const newest = new Map(changes.map((each) => [`${each.kind} ${each.namespace} ${each.name}`, each]));
    for (const { cluster, kind, namespace, name, op, revision, content, last, replaces } of newest.values()) {
      const found = this.#index.get(cluster, kind, { namespace, name });
      assert.equal(content !== undefined, op === 'put');
      assert.deepEqual(
        { ...content, resourceVersion: '' },
        { ...found?.entry, resourceVersion: '' },
        'content that is told and content that is read',
      );
      assert.equal(replaces !== undefined, last !== undefined);
      if (content !== undefined) assert.equal(found?.revision, revision);
    }
  }

  #add({ op, cluster, kind, namespace, name, revision, last }: IndexChange): void {
    const parts = kind === 'WorkloadEndpoint' ? parseWorkloadEndpointName(name) : { name };
    assert.ok(parts);
    const key = `${cluster} ${keyText(kind, { namespace, ...parts })}`;
    this.changes.set(key, [...(this.changes.get(key) ?? []), changeText(op, this.#commits, last)]);
    assert.ok(revision > this.#revision, 'each change has a revision of its own');
    this.#revision = revision;
  }
}

/** An index and its model, to which the same things happen. */
class World {
  readonly fixture: IndexFixture;
  readonly log = new ModelLog();
  readonly pairs = new Map<string, Pair>();
  readonly snapshots: SnapshotChecks;
  readonly #limit: number;

  constructor(limit: number) {
    this.fixture = newIndex({ maxObjectsPerCluster: limit });
    this.snapshots = new SnapshotChecks(this.fixture.index);
    this.#limit = limit;
  }

  async run(cluster: string, step: Step): Promise<void> {
    const { index, clock } = this.fixture;
    const { log, pairs } = this;
    switch (step.do) {
      case 'drop':
        await this.#pair(cluster).replica.drop();
        this.#pair(cluster).model.drop();
        pairs.delete(cluster);
        break;
      case 'bump':
        log.bump();
        assert.equal(index.bump(), log.revision);
        break;
      case 'open': {
        const models = step.ofAll ? [...pairs.values()] : [this.#pair(cluster)];
        const members = models.flatMap(({ model }) => model.of(step.kind));
        this.snapshots.open(step.kind, step.ofAll ? undefined : cluster, members);
        break;
      }
      case 'read':
        this.snapshots.read(step);
        break;
      case 'close':
        this.snapshots.close(step.place);
        break;
      default:
        this.#pair(cluster).run(step, clock.now());
    }
    log.commit();
    assert.equal(index.revision, log.revision);
  }

  #pair(cluster: string): Pair {
    const known = this.pairs.get(cluster);
    if (known !== undefined) return known;
    const replica = this.fixture.index.open(cluster);
    const pair = new Pair(replica, new ClusterModel(cluster, this.#limit, this.log));
    this.pairs.set(cluster, pair);
    return pair;
  }
}

function withoutContents({ revision, op, cluster, kind, namespace, name }: IndexChange): IndexChange {
  return { revision, op, cluster, kind, namespace, name };
}

describe(`MergedIndex under random histories (PBT_SEED=${propertyOptions.seed})`, () => {
  it('equals a plain model in every read, and in what its changes add up to', async () => {
    const cluster = one('east', 'east', ...CLUSTERS);
    const history = fc.array(fc.tuple(cluster, step), { maxLength: 80, size: 'max' });
    await fc.assert(
      fc.asyncProperty(history, one(7, 1000), async (steps, limit) => {
        const world = new World(limit);
        const { fixture, pairs, log, snapshots } = world;
        const follower = new Follower();
        const heard: IndexChange[] = [];
        fixture.index.onCommit((changes) => heard.push(...changes));
        const told = new Told(fixture);
        for (const [cluster, each] of steps) {
          await fixture.clock.advance(700);
          await world.run(cluster, each);
          compareReads(fixture, pairs);
          follower.follow(fixture);
        }
        assert.deepEqual(fixture.index.clusters(), [...pairs.keys()].sort());
        assert.deepEqual(
          fixture.events.filter((event) => event.event === 'internal.error'),
          [],
        );
        const all = fixture.index.changes(0);
        assert.deepEqual(all.state === 'ok' && all.changes, heard.map(withoutContents));
        follower.compare(fixture);
        await compareSelections(fixture, pairs);
        for (const cluster of pairs.keys()) await world.run(cluster, { do: 'drop' });
        assert.deepEqual(told.changes, log.changes);
        snapshots.closeAll();
        const { workloadEndpoints, objects, templates, labelSets, strings } = fixture.index.stats();
        assert.deepEqual(
          [workloadEndpoints, objects, templates, labelSets, strings],
          [0, 0, 0, 0, 0],
          'nothing leaks',
        );
      }),
      propertyOptions,
    );
  });
});
