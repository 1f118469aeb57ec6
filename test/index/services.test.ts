import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClusterReplica } from '../../src/contract/replica.ts';
import type { Resource } from '../../src/model/kind.ts';
import type { MergedIndex } from '../../src/index/merged-index.ts';
import { newIndex, put, service, slice } from './fixtures.ts';

function list(replica: ClusterReplica, resource: Resource): void {
  const store = replica.resource(resource);
  store.begin();
  store.end();
}

function names(index: MergedIndex, namespace: string, cluster?: string): string {
  const found = [...index.servicesIn(namespace, cluster)];
  return found
    .map((one) => `${one.cluster}/${one.entry.name}`)
    .sort()
    .join(' ');
}

describe('servicesIn', () => {
  it('finds the services of one namespace, of all clusters or one', () => {
    const { index } = newIndex();
    const east = index.open('east').resource('services');
    const west = index.open('west').resource('services');
    east.apply(put(service('a'), service('b'), service('a', { namespace: 'bank' })));
    west.apply(put(service('a'), service('c', { namespace: 'shop2' })));
    assert.equal(names(index, 'shop'), 'east/a east/b west/a');
    assert.equal(names(index, 'shop', 'west'), 'west/a');
    assert.equal(names(index, 'bank'), 'east/a');
    assert.equal(names(index, 'bank', 'west'), '');
    assert.equal(names(index, 'nowhere'), '');
    assert.equal(names(index, 'shop', 'north'), '');
    const [first] = index.servicesIn('bank');
    assert.deepEqual(first, index.get('east', 'Service', { namespace: 'bank', name: 'a' }));
  });

  it('follows changes, deletions and removed clusters', async () => {
    const { index } = newIndex();
    const east = index.open('east').resource('services');
    const replica = index.open('west');
    east.apply(put(service('a'), service('b')));
    replica.resource('services').apply(put(service('c')));
    east.apply([{ op: 'delete', key: { namespace: 'shop', name: 'a' } }, ...put(service('d'))]);
    assert.equal(names(index, 'shop'), 'east/b east/d west/c');
    await replica.drop();
    assert.equal(names(index, 'shop'), 'east/b east/d');
    east.begin();
    east.apply(put(service('d')));
    east.end();
    assert.equal(names(index, 'shop'), 'east/d');
  });

  it('has no slices among them', () => {
    const { index } = newIndex();
    const east = index.open('east');
    east.resource('services').apply(put(service('a')));
    east.resource('endpointslices').apply(put(slice('a-1', 'a')));
    assert.equal(names(index, 'shop'), 'east/a');
  });

  it('may be left in the middle, and the service at hand may be deleted', () => {
    const { index } = newIndex();
    const store = index.open('east').resource('services');
    store.apply(put(service('a'), service('b'), service('c')));
    const seen: string[] = [];
    for (const { entry } of index.servicesIn('shop')) {
      seen.push(entry.name);
      store.apply([{ op: 'delete', key: { namespace: 'shop', name: entry.name } }]);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['a', 'b']);
    assert.equal(names(index, 'shop'), 'east/c');
  });
});

describe('servicesComplete', () => {
  it('is true when services and slices were both listed to the end', () => {
    const { index } = newIndex();
    assert.equal(index.servicesComplete('east'), false, 'not known');
    const replica = index.open('east');
    assert.equal(index.servicesComplete('east'), false, 'not listed');
    const [services, slices] = [replica.resource('services'), replica.resource('endpointslices')];
    services.begin();
    services.apply(put(service('a')));
    slices.begin();
    assert.equal(index.servicesComplete('east'), false, 'being listed');
    services.end();
    assert.equal(index.servicesComplete('east'), false, 'slices are missing');
    slices.cancel();
    assert.equal(index.servicesComplete('east'), false, 'the list broke off');
    slices.begin();
    slices.end();
    assert.equal(index.servicesComplete('east'), true);
  });

  it('stays true through later lists, good or broken, and other resources', () => {
    const { index } = newIndex();
    const replica = index.open('east');
    list(replica, 'services');
    list(replica, 'endpointslices');
    const again = replica.resource('services');
    again.begin();
    assert.equal(index.servicesComplete('east'), true);
    again.cancel();
    replica.resource('workloadendpoints').begin();
    replica.retain(['services', 'endpointslices', 'workloadendpoints']);
    assert.equal(index.servicesComplete('east'), true);
    assert.equal(index.servicesComplete('west'), false);
  });

  it('is true where a settled session provides none', () => {
    const { index } = newIndex();
    const identityOnly = index.open('east');
    list(identityOnly, 'workloadendpoints');
    assert.equal(index.servicesComplete('east'), false, 'they may come yet');
    identityOnly.retain(['workloadendpoints']);
    assert.equal(index.servicesComplete('east'), true);
  });

  it('is false where a settled session may not list them', () => {
    const { index } = newIndex();
    const replica = index.open('east');
    list(replica, 'services');
    replica.resource('endpointslices');
    replica.retain(['services', 'endpointslices']);
    assert.equal(index.servicesComplete('east'), false);
  });

  it('begins anew for services that were given up and are provided again', () => {
    const { index } = newIndex();
    const replica = index.open('east');
    list(replica, 'services');
    list(replica, 'endpointslices');
    replica.retain(['workloadendpoints']);
    assert.equal(index.servicesComplete('east'), true, 'it provides none');
    replica.resource('services');
    replica.resource('endpointslices');
    replica.retain(['workloadendpoints', 'services', 'endpointslices']);
    assert.equal(index.servicesComplete('east'), false, 'what was listed then is not here any more');
    list(replica, 'services');
    list(replica, 'endpointslices');
    assert.equal(index.servicesComplete('east'), true);
  });

  it('is false from the removal of the cluster on, and for the next of its name until that is listed', async () => {
    const { index } = newIndex();
    const old = index.open('east');
    list(old, 'services');
    list(old, 'endpointslices');
    const late = old.resource('services');
    late.begin();
    const dropping = old.drop();
    await dropping;
    assert.equal(index.servicesComplete('east'), false);
    const next = index.open('east');
    late.end();
    list(next, 'endpointslices');
    assert.equal(index.servicesComplete('east'), false);
    list(next, 'services');
    assert.equal(index.servicesComplete('east'), true);
  });
});
