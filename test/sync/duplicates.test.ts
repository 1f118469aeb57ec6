import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { unreachable } from '../support/fake-datastore.ts';
import { etcdRcc, startFakeFleet, type FakeFleet } from '../support/fake-fleet.ts';

const A = 'https://a:2379';
const B = 'https://b:2379';

const open: FakeFleet[] = [];

function start(): FakeFleet {
  const fleet = startFakeFleet();
  open.push(fleet);
  fleet.remotes.source(A).put('of-a', '10.1.0.0/16');
  fleet.remotes.source(B).put('of-b', '10.2.0.0/16');
  return fleet;
}

function condition(fleet: FakeFleet, name: string): string {
  const status = fleet.manager.clusters().find((cluster) => cluster.name === name);
  return status ? `${status.status}/${status.reason}` : 'gone';
}

function pools(fleet: FakeFleet, name: string): readonly string[] {
  const replica = fleet.replicas.opened.findLast(({ cluster }) => cluster === name);
  return [...(replica?.stores.get('ippools')?.objects.keys() ?? [])];
}

function set(fleet: FakeFleet, targets: Readonly<Record<string, string>>): void {
  fleet.sources[0]?.set(...Object.entries(targets).map(([name, address]) => etcdRcc(name, address)));
}

const IN_SYNC = 'InSync/IdentityOnly';
const DUPLICATE = 'ConfigIncomplete/DuplicateOf';

afterEach(async () => {
  for (const fleet of open.splice(0)) {
    await fleet.stop();
    assert.deepEqual(fleet.remotes.open, [], 'every datastore is closed');
    assert.equal(fleet.clock.pending, 0, 'no timer is left');
  }
});

describe('duplicates', () => {
  it('swaps the targets of two RCCs, and withdraws neither meanwhile', async () => {
    const fleet = start();
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(2_000);
    set(fleet, { east: B, west: A });
    for (let i = 0; i < 40; i++) {
      await fleet.clock.advance(250);
      assert.equal(pools(fleet, 'east').length, 1, 'east always serves something');
      assert.equal(pools(fleet, 'west').length, 1, 'west always serves something');
    }
    assert.deepEqual([pools(fleet, 'east'), pools(fleet, 'west')], [['of-b'], ['of-a']]);
    assert.deepEqual([condition(fleet, 'east'), condition(fleet, 'west')], [IN_SYNC, IN_SYNC]);
  });

  it('keeps the old session of an RCC that is changed to a cluster that another RCC serves', async () => {
    const fleet = start();
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(2_000);
    set(fleet, { east: A, west: A });
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'west'), DUPLICATE);
    assert.deepEqual(pools(fleet, 'west'), ['of-b']);
    set(fleet, { west: A });
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'west'), IN_SYNC);
    assert.deepEqual(pools(fleet, 'west'), ['of-a']);
  });

  it('takes nothing from a cluster because of another RCC that is changed to it and does not work', async () => {
    const fleet = start();
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(2_000);
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.listFault = unreachable;
    };
    set(fleet, { east: B, west: B });
    await fleet.clock.advance(20_000);
    assert.equal(condition(fleet, 'west'), IN_SYNC);
    assert.deepEqual(pools(fleet, 'west'), ['of-b']);
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(20_000);
    assert.deepEqual([condition(fleet, 'east'), condition(fleet, 'west')], [IN_SYNC, IN_SYNC]);
  });

  it('withdraws the later RCC when the earlier one has moved to its cluster', async () => {
    const fleet = start();
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(2_000);
    set(fleet, { east: B, west: B });
    await fleet.clock.advance(10_000);
    assert.deepEqual([condition(fleet, 'east'), condition(fleet, 'west')], [IN_SYNC, DUPLICATE]);
    assert.deepEqual([pools(fleet, 'east'), pools(fleet, 'west')], [['of-b'], []]);
    set(fleet, { east: B, west: A });
    await fleet.clock.advance(10_000);
    assert.deepEqual([condition(fleet, 'west'), pools(fleet, 'west')], [IN_SYNC, ['of-a']]);
  });

  it('does not forget who a cluster is that refuses to say so after an outage', async () => {
    const fleet = start();
    set(fleet, { east: A, west: A });
    await fleet.clock.advance(2_000);
    const east = fleet.remotes.open.find(({ watches }) => watches > 0);
    assert.ok(east);
    east.identities = [];
    east.watchFault = unreachable;
    east.cut(undefined);
    await fleet.clock.advance(10_000);
    east.watchFault = undefined;
    await fleet.clock.advance(60_000);
    assert.deepEqual([condition(fleet, 'east'), condition(fleet, 'west')], [IN_SYNC, DUPLICATE]);
  });

  it('withdraws what was listed so far when the identity of the local cluster arrives late', async () => {
    const fleet = start();
    fleet.remotes.source(A, 'hostendpoints');
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.listFault = () => {
        // One resource is listed, the other is not: the session is not complete.
        if (datastore.lists > 1) unreachable();
      };
    };
    set(fleet, { east: A });
    await fleet.clock.advance(2_000);
    fleet.manager.setLocalIdentity([`etcd:${A}`]);
    await fleet.clock.advance(20_000);
    assert.equal(condition(fleet, 'east'), DUPLICATE);
    assert.deepEqual(pools(fleet, 'east'), []);
  });

  it('takes a configuration that comes while a duplicate is being withdrawn', async () => {
    const fleet = start();
    set(fleet, { west: A });
    await fleet.clock.advance(2_000);
    const west = fleet.replicas.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    const drop = west.drop.bind(west);
    west.drop = async () => {
      await promise;
      await drop();
    };
    set(fleet, { east: A, west: A });
    await fleet.clock.advance(2_000);
    set(fleet, { east: A, west: B });
    await fleet.clock.advance(2_000);
    resolve();
    await fleet.clock.advance(10_000);
    assert.notEqual(
      fleet.replicas.opened.findLast(({ cluster }) => cluster === 'west'),
      west,
    );
    assert.deepEqual([condition(fleet, 'west'), pools(fleet, 'west')], [IN_SYNC, ['of-b']]);
  });

  it('frees a cluster that the changed RCC no longer reaches, though its new one does not answer', async () => {
    const fleet = start();
    fleet.remotes.onOpen = (address, datastore) => {
      if (address === B) datastore.identifyFault = unreachable;
      else if (fleet.remotes.opened.length === 1) datastore.listFault = unreachable;
    };
    set(fleet, { east: A });
    await fleet.clock.advance(2_000);
    set(fleet, { east: B, west: A });
    await fleet.clock.advance(20_000);
    assert.equal(condition(fleet, 'west'), IN_SYNC);
  });
});
