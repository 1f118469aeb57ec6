import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { Found } from '../../src/contract/lister.ts';
import type { ClusterReplica, ResourceStore } from '../../src/contract/replica.ts';
import { addressOfCidr } from '../../src/model/address.ts';
import type { Delta } from '../../src/model/delta.ts';
import { KINDS, RESOURCES } from '../../src/model/kind.ts';
import type { Resource } from '../../src/model/kind.ts';
import type { Entry } from '../../src/model/objects.ts';
import { parseSelector } from '../../src/model/selector.ts';
import { workloadEndpointName } from '../../src/model/workload-endpoint-name.ts';
import {
  hostEndpoint,
  keyOf,
  labels,
  newIndex,
  profile,
  propertyOptions,
  service,
  slice,
  workload,
} from './fixtures.ts';
import type { IndexFixture } from './fixtures.ts';
import { ClusterModel, content } from './index-model.ts';

const CLUSTERS = ['east', 'west', 'north'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2'];
const SELECTORS = [
  'all()',
  'app == "web"',
  'app != "web"',
  '!has(stage)',
  'stage == "gold" && tier not in {"db"}',
  'has(tier) || stage starts with "s"',
].map(parseSelector);

const one = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const labelSets = one(
  labels(),
  labels({ app: 'web' }),
  labels({ app: 'web', tier: 'db' }),
  labels({ app: 'api', stage: 'own' }),
);
const profileLists = one<readonly string[]>([], ['kns.a'], ['kns.a', 'ksa.a.b'], ['ksa.a.b', 'kns.a']);
const networks = fc
  .uniqueArray(one(...ADDRESSES, '10.1.0.0/24'), { minLength: 1, maxLength: 3 })
  .map((all) =>
    all.map((each) => (each.includes('/') ? each : `${each}${each.includes(':') ? '/128' : '/32'}`)),
  );
const versions = one('1', '2', '18446744073709551615', 'opaque');

const workloads: fc.Arbitrary<Entry> = fc
  .record({
    name: one(
      'web-7d9f8c6b5d-a',
      'web-7d9f8c6b5d-b',
      'kafka-0',
      'name-without-a-short-tail-xxxxxxxxxxxxxxxxxxxx',
    ),
    namespace: one('shop', 'bank'),
    node: one('node-1', 'node-2'),
    ipNetworks: networks,
    labels: labelSets,
    profiles: profileLists,
    ports: one([], [{ name: 'http', protocol: 'TCP', port: 80, hostPort: 0, hostIP: '' }]),
    uid: one('5c8f3b1e-0a57-4d3e-9c55-0123456789ab', 'not a uuid', ''),
    resourceVersion: versions,
    created: one(0, 1_700_000_000_000, 1_700_000_000_123),
    interfaceName: one('', 'tap1234'),
  })
  .map(({ name, ...more }) => workload(name, more));

const ENTRIES: Readonly<Record<Resource, fc.Arbitrary<Entry>>> = {
  workloadendpoints: workloads,
  hostendpoints: fc
    .tuple(one('h1', 'h2'), fc.uniqueArray(one(...ADDRESSES), { maxLength: 2 }), labelSets, profileLists)
    .map(([name, expectedIPs, own, profiles]) => hostEndpoint(name, { expectedIPs, labels: own, profiles })),
  profiles: profiles('kns.a', 'ksa.a.b', 'custom', 'projectcalico-default-allow'),
  'profiles.namespaces': profiles('kns.a', 'kns.b'),
  'profiles.serviceaccounts': profiles('ksa.a.b', 'kns.a'),
  ippools: versions.map((resourceVersion) => ({
    kind: 'IPPool',
    namespace: '',
    name: 'pool',
    uid: '',
    resourceVersion,
    created: 0,
    cidr: '10.0.0.0/16',
    disabled: false,
    natOutgoing: true,
    vxlanMode: '',
    ipipMode: '',
  })),
  clusterinformations: one(true, false).map((datastoreReady) => ({
    kind: 'ClusterInformation',
    namespace: '',
    name: 'default',
    uid: '',
    resourceVersion: '1',
    created: 0,
    clusterGUID: 'g',
    clusterType: '',
    calicoVersion: '',
    datastoreReady,
  })),
  services: fc
    .tuple(one('s1', 's2'), versions, one('ClusterIP', 'NodePort'))
    .map(([name, resourceVersion, type]) => service(name, { resourceVersion, type })),
  endpointslices: fc
    .tuple(one('s1-a', 's1-b', 's2-a'), one('s1', 's2', ''), one(...ADDRESSES), versions)
    .map(([name, of, address, resourceVersion]) =>
      slice(name, of, { resourceVersion, endpoints: [sliceEndpoint(address)] }),
    ),
};

function profiles(...names: string[]): fc.Arbitrary<Entry> {
  const given = one(
    labels(),
    labels({ stage: 'gold' }),
    labels({ stage: 'silver', tier: 'db' }),
    labels({ app: 'web' }),
  );
  return fc
    .tuple(one(...names), given, versions)
    .map(([name, all, resourceVersion]) => profile(name, all, { resourceVersion }));
}

function sliceEndpoint(address: string) {
  return {
    addresses: [address],
    ready: true,
    serving: undefined,
    terminating: false,
    hostname: '',
    nodeName: 'node-1',
    zone: '',
    targetRef: undefined,
  };
}

function deltaOf(entry: Entry, op: Delta['op']): Delta {
  const key = keyOf(entry);
  const name = 'workload' in key ? key.workload : key.name;
  const source = `${key.namespace}/${name}`;
  switch (op) {
    case 'put':
      return { op, entry };
    case 'delete':
      return { op, key, excluded: source };
    case 'exclude': {
      const exclusion = { key: source, reason: 'Finished', node: 'node-1', addresses: ['10.0.0.2'] } as const;
      return { op, id: key, exclusion };
    }
    case 'skip':
      return { op, id: key, where: source, reason: 'broken' };
  }
}

type Step =
  | {
      readonly do: 'apply';
      readonly resource: Resource;
      readonly reader: number;
      readonly deltas: readonly Delta[];
    }
  | { readonly do: 'begin' | 'end' | 'cancel'; readonly resource: Resource; readonly reader: number }
  | { readonly do: 'retain'; readonly resources: readonly Resource[] }
  | { readonly do: 'drop' };

/** Mostly those with rules of their own. */
const resource = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Resource>('workloadendpoints') },
  { weight: 3, arbitrary: one<Resource>('profiles', 'profiles.namespaces', 'profiles.serviceaccounts') },
  { weight: 2, arbitrary: one<Resource>(...RESOURCES) },
);
const where = { resource, reader: one(0, 0, 0, 1) };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(where).chain(({ resource, reader }) =>
      fc
        .array(
          fc.tuple(ENTRIES[resource], one<Delta['op']>('put', 'put', 'put', 'delete', 'skip', 'exclude')),
          { maxLength: 6, size: 'max' },
        )
        .map(
          (pairs) =>
            ({
              do: 'apply',
              resource,
              reader,
              deltas: pairs.map(([entry, op]) => deltaOf(entry, op)),
            }) as const,
        ),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: one('begin' as const, 'end' as const, 'end' as const, 'cancel' as const),
      ...where,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retain' as const),
      resources: fc.subarray([...RESOURCES], { minLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'drop' } as const) },
);

/** One cluster under test with its model; stores are opened once for each reader, as reflectors do. */
class Pair {
  readonly replica: ClusterReplica;
  readonly model: ClusterModel;
  readonly #stores = new Map<string, ResourceStore>();

  constructor({ index }: IndexFixture, cluster: string, limit: number) {
    this.replica = index.open(cluster);
    this.model = new ClusterModel(limit);
  }

  run(step: Exclude<Step, { readonly do: 'drop' }>, now: number): void {
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

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function shown(cluster: string, entry: Entry, since: number): string {
  const seconds = entry.kind === 'WorkloadEndpoint' ? Math.floor(since / 1000) * 1000 : since;
  return `${cluster} ${seconds} ${content(entry)} ${entry.resourceVersion}`;
}

function found(all: Iterable<Found>): string[] {
  return Array.from(all, (each) => shown(each.cluster, each.entry, each.since)).sort(byText);
}

function compareReads({ index }: IndexFixture, pairs: ReadonlyMap<string, Pair>): void {
  for (const kind of KINDS) {
    const expected = [...pairs].map(([cluster, { model }]) =>
      model.of(kind).map((each) => shown(cluster, each.entry, each.since)),
    );
    assert.deepEqual(found(index.list(kind)), expected.flat().sort(byText), kind);
  }
  for (const [cluster, { model, replica }] of pairs) {
    for (const { entry, since } of model.objects.values()) {
      const got = index.get(cluster, entry.kind, keyOf(entry));
      assert.ok(got);
      assert.equal(shown(cluster, got.entry, got.since), shown(cluster, entry, since));
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
    const expected = [...pairs].flatMap(([cluster, { model }]) =>
      model
        .of('EndpointSlice')
        .filter(({ entry }) => entry.kind === 'EndpointSlice' && entry.service === owner)
        .map((each) => shown(cluster, each.entry, each.since)),
    );
    assert.deepEqual(found(index.slicesOf('shop', owner)), expected.sort(byText));
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
          : [...model.of('WorkloadEndpoint'), ...model.of('HostEndpoint')]
              .filter(({ entry }) => model.matches(selector, entry))
              .map((each) => shown(cluster, each.entry, each.since)),
      );
      const selection = await index.select(selector, only === undefined ? {} : { cluster: only });
      assert.deepEqual(found(selection.endpoints), expected.sort(byText), selector.canonical);
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
    let last = this.#revision;
    for (const change of answer.changes) {
      assert.ok(change.revision === last || change.revision === last + 1, 'revisions grow by one');
      last = change.revision;
      const { cluster, kind, namespace, name } = change;
      const key = `${cluster} ${kind} ${namespace} ${name}`;
      const entry = index.get(cluster, kind, { namespace, name })?.entry;
      if (change.op === 'delete') this.held.delete(key);
      else this.held.set(key, entry === undefined ? 'gone again' : content(entry));
    }
    assert.equal(last, index.revision, 'every revision has a change');
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

describe(`MergedIndex under random histories (PBT_SEED=${propertyOptions.seed})`, () => {
  it('equals a plain model in every read, and in what its changes add up to', async () => {
    const cluster = one('east', 'east', ...CLUSTERS);
    const history = fc.array(fc.tuple(cluster, step), { maxLength: 80, size: 'max' });
    await fc.assert(
      fc.asyncProperty(history, one(7, 1000), async (steps, maxObjectsPerCluster) => {
        const fixture = newIndex({ maxObjectsPerCluster });
        const follower = new Follower();
        const heard: unknown[] = [];
        fixture.index.onCommit((changes) => heard.push(...changes));
        const pairs = new Map<string, Pair>();
        for (const [cluster, each] of steps) {
          await fixture.clock.advance(700);
          const pair = pairs.get(cluster) ?? new Pair(fixture, cluster, maxObjectsPerCluster);
          pairs.set(cluster, pair);
          if (each.do === 'drop') {
            await pair.replica.drop();
            pairs.delete(cluster);
          } else {
            pair.run(each, fixture.clock.now());
          }
          compareReads(fixture, pairs);
          follower.follow(fixture);
        }
        assert.deepEqual(fixture.index.clusters(), [...pairs.keys()].sort());
        assert.equal(fixture.events.filter((event) => event.event === 'internal.error').length, 0);
        const all = fixture.index.changes(0);
        assert.deepEqual(all.state === 'ok' && all.changes, heard);
        follower.compare(fixture);
        await compareSelections(fixture, pairs);
        for (const { replica } of pairs.values()) await replica.drop();
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
