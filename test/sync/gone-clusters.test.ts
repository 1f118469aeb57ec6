import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { RccSnapshot } from '../../src/contract/rcc-source.ts';
import { RccRegistry } from '../../src/sync/rcc-registry.ts';
import { FakeRccSource, etcdRcc, startFakeFleet, type FakeFleet } from '../support/fake-fleet.ts';

const A = 'https://a:2379';
const B = 'https://b:2379';
const open: FakeFleet[] = [];

function start(...sources: readonly string[]): FakeFleet {
  const fleet = sources.length === 0 ? startFakeFleet() : startFakeFleet(sources);
  open.push(fleet);
  return fleet;
}

function source(fleet: FakeFleet, at = 0): FakeRccSource {
  const found = fleet.sources[at];
  assert.ok(found);
  return found;
}

afterEach(async () => {
  for (const fleet of open.splice(0)) await fleet.stop();
});

describe('a cluster is certainly gone', () => {
  it('once every source was read without it, and not before', async () => {
    const fleet = start('kubernetes', 'directory');
    await fleet.clock.advance(10);
    assert.equal(fleet.manager.isGone('east'), false, 'no source said anything');
    source(fleet, 0).set(etcdRcc('west', A));
    assert.equal(fleet.manager.isGone('east'), false, 'the other source may have it');
    source(fleet, 1).set();
    assert.equal(fleet.manager.isGone('east'), true);
    assert.equal(fleet.manager.isGone('west'), false, 'it is wanted');
  });

  it('not while a source cannot be read, or something in it', async () => {
    const fleet = start();
    await fleet.clock.advance(10);
    source(fleet).fail('the CRD is gone');
    assert.equal(fleet.manager.isGone('east'), false);
    source(fleet).reject('east.yaml');
    assert.equal(fleet.manager.isGone('east'), false, 'the unreadable document may be it');
    source(fleet).set();
    assert.equal(fleet.manager.isGone('east'), true);
  });

  it('when its RCC was deleted while we looked, whatever the sources say afterwards', async () => {
    const fleet = start();
    await fleet.clock.advance(10);
    source(fleet).set(etcdRcc('east', A), etcdRcc('west', B));
    await fleet.clock.advance(1_000);
    source(fleet).fail('the API server is away');
    assert.equal(fleet.manager.isGone('east'), false, 'what a broken source does not name is still wanted');
    source(fleet).set(etcdRcc('west', B));
    assert.equal(fleet.manager.isGone('east'), true);
    source(fleet).reject('some.yaml');
    assert.equal(fleet.manager.isGone('east'), true);
    assert.equal(fleet.manager.isGone('north'), false, 'of this one nothing is known');
    await fleet.clock.advance(1_000);

    source(fleet).set(etcdRcc('west', B), etcdRcc('east', A));
    assert.equal(fleet.manager.isGone('east'), false, 'it is back');
    source(fleet).reject('some.yaml');
    assert.equal(fleet.manager.isGone('east'), false);
  });

  it('not while its successor of the same name waits for the withdrawal', async () => {
    const fleet = start();
    await fleet.clock.advance(10);
    source(fleet).set(etcdRcc('east', A));
    await fleet.clock.advance(1_000);
    source(fleet).set();
    assert.equal(fleet.manager.isGone('east'), true);
    source(fleet).set(etcdRcc('east', A));
    assert.equal(fleet.manager.isGone('east'), false);
  });

  it('when it is a duplicate, and what came under its name was withdrawn', async () => {
    const fleet = start();
    await fleet.clock.advance(10);
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.identities = ['etcd:one'];
    };
    source(fleet).set(etcdRcc('east', A), etcdRcc('west', B));
    await fleet.clock.advance(5_000);
    const west = fleet.manager.clusters().find(({ name }) => name === 'west');
    assert.equal(west?.reason, 'DuplicateOf');
    assert.equal(fleet.manager.isGone('west'), true);
    assert.equal(fleet.manager.isGone('east'), false);
    fleet.complete.add('west');
    assert.equal(fleet.manager.isGone('west'), false, 'its data is still there');
  });
});

describe('RccRegistry.certain', () => {
  const said = (more: Partial<RccSnapshot> = {}): RccSnapshot => ({
    documents: [],
    rejected: [],
    problem: undefined,
    ...more,
  });

  it('is true only while each source was read as a whole', () => {
    const [one, two] = [new FakeRccSource('one'), new FakeRccSource('two')];
    const registry = new RccRegistry([one, two]);
    assert.equal(registry.certain, false);
    registry.update(one, said());
    assert.equal(registry.certain, false);
    registry.update(two, said());
    assert.equal(registry.certain, true);
    registry.update(two, said({ rejected: [{ origin: 'x.yaml', problem: 'is no YAML' }] }));
    assert.equal(registry.certain, false);
    registry.update(two, said());
    registry.update(one, said({ problem: { reason: 'SourceMissing', message: 'gone' } }));
    assert.equal(registry.certain, false);
    registry.update(one, said());
    assert.equal(registry.certain, true);
  });

  it('is true where there is no source at all: nothing can be wanted', () => {
    assert.equal(new RccRegistry([]).certain, true);
  });
});
