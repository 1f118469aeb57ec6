import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { IndexChange } from '../../src/contract/lister.ts';
import type { Resource } from '../../src/model/kind.ts';
import { parseSelector } from '../../src/model/selector.ts';
import type { WorkloadEndpoint } from '../../src/model/workload-endpoint.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { hostEndpoint, keyOf, labels, newIndex, profile, put, service, slice, workload } from './fixtures.ts';
import type { IndexFixture } from './fixtures.ts';

function opened(resource: Resource, options: Parameters<typeof newIndex>[0] = {}) {
  const fixture = newIndex(options);
  const replica = fixture.index.open('east');
  return { ...fixture, replica, store: replica.resource(resource) };
}

/** So much time passes between two looks that every slice of work is over at once. */
class RacingClock extends FakeClock {
  #time = 0;

  override monotonic(): number {
    return (this.#time += 100);
  }
}

function changesOf({ index }: IndexFixture, since: number): readonly IndexChange[] {
  const answer = index.changes(since);
  assert.ok(answer.state === 'ok');
  return answer.changes;
}

describe('what counts as a change', () => {
  it('has a revision, and nothing in a batch that says what is known', () => {
    const fixture = opened('workloadendpoints');
    fixture.store.apply(put(workload('a'), workload('b')));
    assert.equal(fixture.index.revision, 2);
    fixture.store.apply(put(workload('a'), workload('b')));
    assert.equal(fixture.index.revision, 2);
    assert.deepEqual(
      changesOf(fixture, 0).map(({ revision, op, name }) => [revision, op, name]),
      [
        [1, 'put', 'node--1-k8s-a-eth0'],
        [2, 'put', 'node--1-k8s-b-eth0'],
      ],
    );
  });

  for (const [resource, entry] of [
    ['workloadendpoints', workload('a')],
    ['services', service('a')],
    ['endpointslices', slice('a', 's')],
  ] as const) {
    it(`is not a new resource version alone: ${resource}`, async () => {
      const fixture = opened(resource);
      fixture.store.apply(put(entry));
      const before = fixture.index.get('east', entry.kind, keyOf(entry));
      await fixture.clock.advance(60_000);
      fixture.store.apply(put({ ...entry, resourceVersion: '77' }));
      const after = fixture.index.get('east', entry.kind, keyOf(entry));
      assert.equal(fixture.index.revision, 1);
      assert.equal(after?.entry.resourceVersion, '77');
      assert.equal(after?.since, before?.since);
      fixture.store.apply(put({ ...entry, resourceVersion: '78', uid: 'another' }));
      assert.equal(fixture.index.revision, 2);
      assert.ok((fixture.index.get('east', entry.kind, keyOf(entry))?.since ?? 0) > (before?.since ?? 0));
    });
  }

  it('keeps every field of a WorkloadEndpoint, usual or not', () => {
    const { index, store } = opened('workloadendpoints');
    const odd: Partial<WorkloadEndpoint>[] = [
      {},
      { uid: '', resourceVersion: '', created: 0 },
      { uid: 'NOT-A-UUID', resourceVersion: 'abc', created: 1_700_000_000_001 },
      { uid: '5C8F3B1E-0A57-4D3E-9C55-0123456789AB', resourceVersion: '007', created: -1 },
      { resourceVersion: '18446744073709551615', created: 2 ** 45 },
      { ipNetworks: ['fd00::1/128', '10.0.0.9/32', '10.9.0.0/24', '::/0'] },
      { ports: [{ name: 'dns', protocol: 'UDP', port: 53, hostPort: 5353, hostIP: '10.0.0.1' }] },
      {
        node: 'ünïcode',
        endpoint: 'e',
        orchestrator: 'openstack',
        interfaceName: 'tap1',
        serviceAccount: '',
      },
      { labels: labels({ a: 'b' }), profiles: ['kns.shop', 'ksa.shop.default'] },
    ];
    const entries = odd.map((more, i) => workload(`pod-${i}`, more));
    store.apply(put(...entries));
    for (const entry of entries) {
      assert.deepEqual(index.get('east', 'WorkloadEndpoint', keyOf(entry))?.entry, entry);
    }
    store.apply(put(...entries));
    assert.equal(index.revision, entries.length);
  });
});

describe('a list', () => {
  it('deletes at its end what it did not name, and nothing when it is cancelled', () => {
    const fixture = opened('services');
    fixture.store.apply(put(service('a'), service('b')));
    fixture.store.begin();
    fixture.store.apply(put(service('a')));
    fixture.store.cancel();
    fixture.store.end();
    assert.equal(fixture.index.revision, 2);
    fixture.store.begin();
    fixture.store.apply(put(service('a')));
    fixture.store.end();
    assert.deepEqual(
      changesOf(fixture, 2).map(({ op, name }) => [op, name]),
      [['delete', 'b']],
    );
  });

  it('of one reader is not disturbed by a list of another', () => {
    const { index, replica } = opened('services');
    const [old, young] = [replica.resource('services'), replica.resource('services')];
    old.apply(put(service('a'), service('b')));
    young.begin();
    young.apply(put(service('a')));
    old.begin();
    young.end();
    assert.deepEqual(
      Array.from(index.list('Service'), ({ entry }) => 'name' in entry && entry.name),
      ['a'],
    );
    old.cancel();
    assert.equal(replica.counts().services, 1);
  });

  it('does not delete what another resource named since, whatever mark it had', () => {
    const { replica, index } = opened('profiles');
    const [all, namespaces] = [replica.resource('profiles'), replica.resource('profiles.namespaces')];
    all.apply(put(profile('kns.a', labels())));
    all.begin();
    namespaces.begin();
    namespaces.apply(put(profile('kns.a', labels())));
    namespaces.end();
    all.apply([{ op: 'delete', key: { namespace: '', name: 'kns.a' } }]);
    all.end();
    assert.ok(index.get('east', 'Profile', { namespace: '', name: 'kns.a' }));
    namespaces.begin();
    namespaces.end();
    assert.equal(index.get('east', 'Profile', { namespace: '', name: 'kns.a' }), undefined);
  });

  it('of an owner does not see the marks that an earlier owner left', () => {
    const { replica } = opened('profiles');
    const [all, namespaces] = [replica.resource('profiles'), replica.resource('profiles.namespaces')];
    namespaces.begin();
    all.apply(put(profile('kns.a', labels())));
    all.begin();
    namespaces.apply(put(profile('kns.a', labels())));
    namespaces.end();
    assert.equal(replica.counts().profiles, 1);
  });
});

describe('unreadable objects', () => {
  it('stay as they were, are counted, and are forgotten when read or no longer named', () => {
    const { replica, store, events, index } = opened('services');
    store.apply(put(service('a'), service('b')));
    const key = { namespace: 'shop', name: 'a' };
    const skip = { op: 'skip', id: key, where: 'services shop/a', reason: 'spec.ports: too many' } as const;
    store.begin();
    store.apply([skip, skip, { op: 'skip', id: undefined, where: 'item 7', reason: 'no name' }]);
    store.end();
    assert.ok(index.get('east', 'Service', key));
    assert.equal(index.get('east', 'Service', { namespace: 'shop', name: 'b' }), undefined);
    assert.equal(replica.counts().skipped, 2);
    assert.deepEqual(
      replica.skipped().map(({ where }) => where),
      ['services shop/a', 'item 7'],
    );
    assert.equal(events.filter(({ event }) => event === 'object.skipped').length, 2);
    store.apply(put(service('a')));
    assert.equal(replica.counts().skipped, 1);
    store.begin();
    store.end();
    assert.equal(replica.counts().skipped, 0);
  });

  it('are shown, remembered and reported in bounded numbers', () => {
    const { replica, store, events } = opened('services', { maxSkippedPerCluster: 150 });
    const list = (count: number): void => {
      store.begin();
      for (let i = 0; i < count; i++) {
        store.apply([
          { op: 'skip', id: { namespace: 'shop', name: `s${i}` }, where: `s${i}`, reason: 'broken' },
        ]);
      }
      store.end();
    };
    list(200);
    assert.equal(replica.counts().skipped, 200);
    assert.equal(replica.skipped().length, 100);
    assert.equal(events.length, 20);
    list(150);
    assert.equal(replica.counts().skipped, 150);
  });

  it('include an endpoint that is not what its type says; nothing half-made is left of it', async () => {
    const { replica, store, index } = opened('workloadendpoints');
    store.apply(put(workload('a')));
    const broken: Record<string, unknown>[] = [
      { uid: undefined },
      { resourceVersion: 7 },
      { created: Number.NaN },
      { ipNetworks: [undefined] },
      { labels: undefined },
      { ports: [{}] },
    ];
    for (const [i, more] of broken.entries()) {
      store.apply(put(workload('a', more), workload(`new-${i}`, more)));
    }
    assert.equal(index.revision, 1);
    assert.equal(replica.counts().skipped, 1 + broken.length);
    assert.deepEqual(
      Array.from(index.list('WorkloadEndpoint'), ({ entry }) => entry),
      [workload('a')],
    );
    await replica.drop();
    assert.equal(index.stats().workloadEndpoints, 0);
  });

  it('include an endpoint that could have no name, and a kind that does not belong', () => {
    const { replica, store, index } = opened('workloadendpoints');
    store.apply([...put(workload('-a')), ...put(service('x')), ...put(workload('b'))]);
    assert.equal(replica.counts().skipped, 2);
    assert.equal(index.revision, 1, 'of the only one that is taken');
    assert.equal(replica.counts().workloadEndpoints, 1);
  });
});

describe('exclusions', () => {
  it('delete the endpoint, are found by address, and end with a put, a delete or a list', () => {
    const { store, index } = opened('workloadendpoints');
    const pod = workload('a');
    const exclusion = { key: 'shop/a', reason: 'Finished', node: 'node-1', addresses: ['10.0.0.1'] } as const;
    const exclude = { op: 'exclude', id: keyOf(pod), exclusion } as const;
    const excluded = (): number => index.excludedByIP('10.0.0.1').length;
    store.apply([...put(pod), exclude]);
    assert.equal(index.endpointsByIP('10.0.0.1').length, 0);
    assert.deepEqual(index.excludedByIP('10.0.0.1'), [{ cluster: 'east', exclusion }]);
    store.apply(put(pod));
    assert.equal(excluded(), 0);
    store.apply([exclude]);
    store.apply([{ op: 'delete', key: keyOf(pod), excluded: 'shop/a' }]);
    assert.equal(excluded(), 0);
    store.apply([exclude]);
    store.begin();
    store.apply([exclude]);
    store.end();
    assert.equal(excluded(), 1);
    store.begin();
    store.end();
    assert.equal(excluded(), 0);
  });

  it('that are named as a WorkloadEndpoint end with its put, too', () => {
    const { store, index } = opened('workloadendpoints');
    const key = 'shop/node--1-k8s-a-eth0';
    const exclusion = { key, reason: 'NoInterfaceName', node: 'node-1', addresses: ['10.0.0.1'] } as const;
    store.apply([{ op: 'exclude', id: keyOf(workload('a')), exclusion }]);
    assert.equal(index.excludedByIP('10.0.0.1').length, 1);
    store.apply(put(workload('a')));
    assert.equal(index.excludedByIP('10.0.0.1').length, 0);
  });
});

describe('the budget', () => {
  it('refuses new objects only, says so once, and ends when there is room', () => {
    const { index, store, replica, events } = opened('services', { maxObjectsPerCluster: 2 });
    store.apply(put(service('a'), service('b'), service('c'), service('d')));
    assert.equal(replica.counts().services, 2);
    assert.equal(replica.overBudget, true);
    assert.deepEqual(events, [{ event: 'budget.exceeded', cluster: 'east', limit: 2 }]);
    store.apply(put(service('a', { type: 'NodePort' })));
    store.apply([{ op: 'delete', key: { namespace: 'shop', name: 'a' } }]);
    assert.equal(replica.overBudget, false);
    store.apply(put(service('c')));
    assert.equal(replica.counts().services, 2);
    store.apply(put(service('e')));
    assert.equal(events.length, 2);
    assert.equal(index.stats().refused, 3);
  });

  it('stays exceeded after a complete list that was refused something, whatever its sweep freed', () => {
    const { store, replica } = opened('services', { maxObjectsPerCluster: 2 });
    store.apply(put(service('a'), service('b')));
    store.begin();
    store.apply(put(service('a'), service('c')));
    store.end();
    assert.equal(replica.counts().services, 1);
    assert.equal(replica.overBudget, true);
    store.begin();
    store.apply(put(service('a'), service('c')));
    store.end();
    assert.equal(replica.overBudget, false, 'full, but nothing is missing');
  });
});

describe('replicas', () => {
  it('are one per name while they live; a dropped name is free at once', async () => {
    const { index, replica, store } = opened('workloadendpoints');
    store.apply(put(...Array.from({ length: 5000 }, (_, i) => workload(`pod-${i}`))));
    assert.throws(() => index.open('east'), /east has a replica already/);
    const dropping = replica.drop();
    assert.ok([...index.list('WorkloadEndpoint')].length > 0, 'a drop goes in slices');
    const next = index.open('east');
    assert.equal([...index.list('WorkloadEndpoint')].length, 0);
    next.resource('workloadendpoints').apply(put(workload('new')));
    await dropping;
    await replica.drop();
    store.apply(put(workload('late')));
    replica.resource('services').apply(put(service('late')));
    assert.equal([...index.list('WorkloadEndpoint')].length, 1);
    assert.equal([...index.list('Service')].length, 0);
    assert.deepEqual(index.clusters(), ['east']);
    await next.drop();
    assert.deepEqual(index.clusters(), []);
    assert.equal(index.stats().strings, 0);
  });

  it('leave nothing behind, also of names with and without a shared prefix', async () => {
    const { index, replica, store } = opened('workloadendpoints');
    const other = index.open('west');
    other.resource('workloadendpoints').apply(put(workload('short')));
    store.apply(put(workload('a-name-that-is-longer-than-a-suffix')));
    await replica.drop();
    other.resource('workloadendpoints').apply(put(workload('short-too')));
    await other.drop();
    assert.equal(index.stats().strings, 0);
  });

  it('retain what is named; stores of the rest are deaf from then on', () => {
    const { replica, index } = opened('services');
    const [services, slices] = [replica.resource('services'), replica.resource('endpointslices')];
    services.apply(put(service('a')));
    slices.apply(put(slice('a-1', 'a')));
    const before = index.revision;
    replica.retain(['services']);
    assert.equal(index.revision, before + 1);
    assert.equal(replica.counts().endpointSlices, null);
    assert.equal(replica.counts().services, 1);
    slices.apply(put(slice('a-1', 'a')));
    assert.equal(index.revision, before + 1);
    replica.resource('endpointslices').apply(put(slice('a-1', 'a')));
    assert.equal(replica.counts().endpointSlices, 1);
  });
});

describe('look-ups', () => {
  it('find all owners of an address in any textual form, HostEndpoints too, with inherited labels', () => {
    const { index, replica, store } = opened('workloadendpoints');
    const west = index.open('west').resource('workloadendpoints');
    const pod = workload('a', {
      ipNetworks: ['10.0.0.1/32', 'fd00::1/128'],
      profiles: ['kns.shop'],
      labels: labels({ own: '1' }),
    });
    store.apply(put(pod));
    west.apply(put(workload('a')));
    replica.resource('profiles').apply(put(profile('kns.shop', labels({ own: 'no', 'pcns.team': 'x' }))));
    replica
      .resource('hostendpoints')
      .apply(put(hostEndpoint('h', { expectedIPs: ['fd00::1'], profiles: ['kns.shop'] })));
    assert.deepEqual(
      index
        .endpointsByIP('10.0.0.1')
        .map(({ cluster }) => cluster)
        .sort(),
      ['east', 'west'],
    );
    const byIPv6 = index.endpointsByIP('FD00:0:0::0001');
    assert.deepEqual(
      byIPv6.map(({ entry }) => entry.kind),
      ['WorkloadEndpoint', 'HostEndpoint'],
    );
    assert.deepEqual(byIPv6[0]?.inheritedLabels.toRecord(), { 'pcns.team': 'x' });
    assert.deepEqual(byIPv6[1]?.inheritedLabels.toRecord(), { own: 'no', 'pcns.team': 'x' });
    assert.equal(index.endpointsByIP('::ffff:10.0.0.1').length, 2);
    for (const text of ['10.0.0.1/32', '10.0.0.01', 'x', ''])
      assert.deepEqual(index.endpointsByIP(text), [], text);
  });

  it('select while the index changes between slices, without stale answers', async () => {
    const { index, store, replica } = opened('workloadendpoints');
    const big = newIndex({ clock: new RacingClock() });
    const pods = big.index.open('east').resource('workloadendpoints');
    const all = (app: string) =>
      Array.from({ length: 30_000 }, (_, i) =>
        workload(`pod-${i}`, { labels: labels({ app: `${app}-${i % 50}` }) }),
      );
    pods.apply(put(...all('old')));
    const selection = big.index.select(parseSelector('app starts with "new"'), { limit: 0 });
    pods.apply(put(...all('new')));
    const { count } = await selection;
    assert.ok(
      count > 15_000 && count < 30_000,
      `${count}: some were looked at before the change, the rest after`,
    );
    assert.equal(
      (await big.index.select(parseSelector('app starts with "new"'), { limit: 3 })).endpoints.length,
      3,
    );
    store.apply(put(workload('a')));
    replica.resource('hostendpoints').apply(put(hostEndpoint('h', { labels: labels({ app: 'x' }) })));
    assert.equal((await index.select(parseSelector('!has(app)'), { cluster: 'nobody' })).count, 0);
    assert.equal((await index.select(parseSelector('!has(app)'))).count, 1);
  });
});
