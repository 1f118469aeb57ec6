import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import {
  etcdRcc,
  secretRcc,
  startFakeFleet,
  type FakeFleet,
  type FakeRccSource,
} from '../support/fake-fleet.ts';
import { DatastoreError } from '../../src/contract/datastore-error.ts';
import { forbidden, pool, unreachable } from '../support/fake-datastore.ts';

const A = 'https://a:2379';
const B = 'https://b:2379';

const open: FakeFleet[] = [];

function start(sources?: readonly string[]): FakeFleet {
  const fleet = startFakeFleet(sources);
  open.push(fleet);
  return fleet;
}

function source(fleet: FakeFleet, at = 0): FakeRccSource {
  const found = fleet.sources[at];
  assert.ok(found);
  return found;
}

function condition(fleet: FakeFleet, name: string): string {
  const status = fleet.manager.clusters().find((cluster) => cluster.name === name);
  return status ? `${status.status}/${status.reason}` : 'gone';
}

function pools(fleet: FakeFleet): Record<string, string> {
  return Object.fromEntries(fleet.replicas.last.resource('ippools').objects);
}

async function serving(fleet: FakeFleet): Promise<void> {
  fleet.remotes.source(A).put('one', '10.1.0.0/16');
  fleet.remotes.source(A).put('two', '10.2.0.0/16');
  source(fleet).set(etcdRcc('east', A));
  await fleet.clock.advance(2_000);
  assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
}

afterEach(async () => {
  for (const fleet of open.splice(0)) {
    await fleet.stop();
    assert.deepEqual(fleet.remotes.open, [], 'every datastore is closed');
    assert.equal(fleet.clock.pending, 0, 'no timer is left');
  }
});

describe('cluster manager', () => {
  it('serves an RCC and withdraws it when it is removed', async () => {
    const fleet = start();
    await serving(fleet);
    assert.deepEqual(pools(fleet), { one: '10.1.0.0/16', two: '10.2.0.0/16' });
    source(fleet).set();
    await fleet.clock.advance(100);
    assert.equal(condition(fleet, 'east'), 'gone');
    assert.ok(fleet.replicas.last.dropped);
    assert.ok(fleet.events.some((e) => e.event === 'cluster.removed'));
  });

  it('names the object that an RCC is, and goes on when the same RCC is another object', async () => {
    const fleet = start();
    await serving(fleet);
    assert.equal(fleet.manager.clusters()[0]?.object, undefined);
    for (const uid of ['one', 'another']) {
      const object = { apiVersion: 'projectcalico.org/v3', uid };
      source(fleet).set({ ...etcdRcc('east', A), object });
      await fleet.clock.advance(2_000);
      assert.deepEqual(fleet.manager.clusters()[0]?.object, object);
    }
    assert.equal(fleet.remotes.opened.length, 1, 'one session all the time');
  });

  it('keeps the data when it stops', async () => {
    const fleet = start();
    await serving(fleet);
    await fleet.stop();
    assert.equal(fleet.replicas.last.dropped, false);
    assert.deepEqual(pools(fleet), { one: '10.1.0.0/16', two: '10.2.0.0/16' });
  });

  it('takes a changed RCC over as a diff, after the new session is complete', async () => {
    const fleet = start();
    await serving(fleet);
    fleet.remotes.source(B).put('two', '10.2.0.0/16');
    fleet.remotes.source(B).put('three', '10.3.0.0/16');
    let hold = true;
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.listFault = () => {
        if (hold) unreachable();
      };
    };
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(10_000);
    assert.deepEqual(pools(fleet), { one: '10.1.0.0/16', two: '10.2.0.0/16' });
    fleet.remotes.source(A).put('late', '10.9.0.0/16');
    assert.equal(pools(fleet)['late'], '10.9.0.0/16', 'the old session goes on meanwhile');
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/ConnectionRefused');
    assert.match(fleet.manager.clusters()[0]?.notes[0] ?? '', /a new configuration is on its way/);
    hold = false;
    await fleet.clock.advance(60_000);
    assert.deepEqual(pools(fleet), { two: '10.2.0.0/16', three: '10.3.0.0/16' });
    assert.deepEqual(fleet.replicas.last.resource('ippools').deleted.sort(), ['late', 'one']);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    assert.equal(fleet.remotes.open.length, 1, 'the old session is closed');
    fleet.remotes.source(B).put('four', '10.4.0.0/16');
    assert.equal(pools(fleet)['four'], '10.4.0.0/16');
  });

  it('collects no more of a new session than the budget and one', async () => {
    const fleet = start();
    await serving(fleet);
    for (let i = 0; i < 500; i++) fleet.remotes.source(B).put(`p${i}`, `10.3.${i >> 8}.${i & 255}/32`);
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(5_000);
    assert.equal(Object.keys(pools(fleet)).length, 101);
  });

  it('drops what only the old configuration read, and hears nothing of the old session any more', async () => {
    const fleet = start();
    await serving(fleet);
    fleet.remotes.source(A, 'hostendpoints');
    const old = fleet.remotes.open[0];
    fleet.remotes.source(B, 'profiles').put('three', '10.3.0.0/16');
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(5_000);
    assert.equal(fleet.replicas.last.stores.has('ippools'), false);
    assert.deepEqual([...fleet.replicas.last.resource('profiles').objects.keys()], ['three']);
    const [late] = old?.lateSinks ?? [];
    assert.ok(late);
    late.apply([{ op: 'put', entry: pool('ghost', '10.66.0.0/16', 99) }]);
    assert.deepEqual([...fleet.replicas.last.resource('profiles').objects.keys()], ['three']);
    assert.equal(fleet.replicas.last.resource('ippools').objects.size, 0);
  });

  it('takes over only what the last complete list of the new session named', async () => {
    const fleet = start();
    await serving(fleet);
    const target = fleet.remotes.source(B);
    target.put('stays', '10.3.0.0/16');
    target.put('goes', '10.4.0.0/16');
    fleet.remotes.source(B, 'hostendpoints');
    let hold = true;
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.listFault = () => {
        // The second resource keeps the session from being complete.
        if (hold && datastore.lists > 1) unreachable();
      };
    };
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(2_000);
    const pending = fleet.remotes.open.find((datastore) => datastore.identities.includes(`etcd:${B}`));
    assert.ok(pending);
    hold = false;
    pending.watchFault = unreachable;
    target.delete('goes');
    target.compact();
    pending.watchFault = undefined;
    pending.cut(new DatastoreError('relist', 'Compacted', 'compacted'));
    await fleet.clock.advance(60_000);
    assert.deepEqual(Object.keys(pools(fleet)), ['stays']);
  });

  it('keeps the old session and says so when the new configuration is invalid', async () => {
    const fleet = start();
    await serving(fleet);
    source(fleet).set({ name: 'east', spec: { datastoreType: 'etcdv3' }, origin: 'test' });
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/InvalidConfig');
    fleet.remotes.source(A).put('later', '10.7.0.0/16');
    assert.equal(pools(fleet)['later'], '10.7.0.0/16');
    source(fleet).set(etcdRcc('east', A));
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    assert.equal(fleet.remotes.opened.length, 1, 'the way back needs no new session');
  });

  it('keeps the old session while files of the new configuration are missing', async () => {
    const fleet = start();
    await serving(fleet);
    source(fleet).set(etcdRcc('east', 'https://missing-file:2379'));
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/FileUnreadable');
    assert.equal(pools(fleet)['one'], '10.1.0.0/16');
  });

  it('does not step back to a configuration that may read less', async () => {
    const fleet = start();
    await serving(fleet);
    fleet.remotes.source(B).put('other', '10.8.0.0/16');
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.listFault = forbidden;
    };
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/Forbidden');
    assert.equal(pools(fleet)['one'], '10.1.0.0/16');
  });

  it('follows the Secret: missing, found, changed, deleted', async () => {
    const fleet = start();
    fleet.remotes.source(A).put('one', '10.1.0.0/16');
    fleet.remotes.source(B).put('two', '10.2.0.0/16');
    source(fleet).set(secretRcc('east', 's'));
    await fleet.clock.advance(1_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/SecretNotFound');
    const data = (address: string): Record<string, string> => ({
      datastoreType: 'etcdv3',
      etcdEndpoints: address,
    });
    source(fleet).secrets.set('fed/s', { state: 'found', data: data(A) });
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    source(fleet).secrets.set('fed/s', { state: 'found', data: data(B) });
    await fleet.clock.advance(2_000);
    assert.deepEqual(pools(fleet), { two: '10.2.0.0/16' });
    source(fleet).secrets.set('fed/s', { state: 'missing' });
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/SecretNotFound');
    fleet.remotes.source(B).put('three', '10.3.0.0/16');
    assert.deepEqual(pools(fleet), { two: '10.2.0.0/16', three: '10.3.0.0/16' });
    assert.ok(!JSON.stringify(fleet.events).includes('2379'), 'no event repeats the content of a Secret');
  });

  it('keeps every cluster when its source is gone, and says so', async () => {
    const fleet = start();
    await serving(fleet);
    source(fleet).fail('the CRD is being deleted');
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'InSync/SourceMissing');
    assert.deepEqual(Object.keys(pools(fleet)), ['one', 'two']);
    source(fleet).set(etcdRcc('east', A));
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
  });

  it('lets the source given first win a name, and reports the conflict once', async () => {
    const fleet = start(['kubernetes', 'directory']);
    source(fleet, 1).set(etcdRcc('east', B));
    await fleet.clock.advance(1_000);
    source(fleet, 0).set({ ...etcdRcc('east', A), origin: 'kubernetes' });
    await fleet.clock.advance(2_000);
    source(fleet, 0).set({ ...etcdRcc('east', A), origin: 'kubernetes' });
    assert.deepEqual(fleet.manager.conflicts(), [{ name: 'east', used: 'kubernetes', ignored: 'test east' }]);
    assert.equal(fleet.events.filter((e) => e.event === 'rcc.conflict').length, 1);
    assert.equal(fleet.manager.clusters()[0]?.origin, 'kubernetes');
  });

  it('reads of two RCCs for one cluster only the first in order, and the other when that goes', async () => {
    const fleet = start();
    fleet.remotes.source(A).put('one', '10.1.0.0/16');
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.identities = ['etcd:same'];
    };
    source(fleet).set(etcdRcc('west', A));
    await fleet.clock.advance(2_000);
    assert.equal(condition(fleet, 'west'), 'InSync/IdentityOnly');
    source(fleet).set(etcdRcc('west', A), etcdRcc('east', A));
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    assert.equal(condition(fleet, 'west'), 'ConfigIncomplete/DuplicateOf');
    const west = fleet.replicas.opened.filter((replica) => replica.cluster === 'west');
    assert.equal(west.at(-1)?.counts().ipPools, 0, 'nothing is served twice');
    source(fleet).set(etcdRcc('west', A));
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'west'), 'InSync/IdentityOnly');
    assert.equal(fleet.replicas.opened.findLast((r) => r.cluster === 'west')?.counts().ipPools, 1);
  });

  it('never federates the local cluster with itself', async () => {
    const fleet = start();
    fleet.manager.setLocalIdentity([`etcd:${A}`]);
    fleet.remotes.source(A).put('one', '10.1.0.0/16');
    source(fleet).set(etcdRcc('east', A));
    await fleet.clock.advance(10_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/DuplicateOf');
    assert.deepEqual(pools(fleet), {});
  });

  it('reports loss of contact with a reason, keeps the data, and recovers', async () => {
    const fleet = start();
    await serving(fleet);
    const [datastore] = fleet.remotes.open;
    assert.ok(datastore);
    datastore.watchFault = unreachable;
    datastore.cut(undefined);
    await fleet.clock.advance(90_000);
    assert.equal(condition(fleet, 'east'), 'NotConnecting/ConnectionRefused');
    const [status] = fleet.manager.clusters();
    assert.equal(status?.stale, true);
    assert.ok(status?.nextRetry);
    assert.deepEqual(Object.keys(pools(fleet)), ['one', 'two']);
    datastore.watchFault = undefined;
    await fleet.clock.advance(60_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    assert.equal(fleet.manager.clusters()[0]?.stale, false);
  });

  it('notices within seconds that a remote answers again, however long its resources would wait', async () => {
    const fleet = start();
    for (const resource of ['hostendpoints', 'profiles', 'services'] as const)
      fleet.remotes.source(A, resource);
    await serving(fleet);
    const [datastore] = fleet.remotes.open;
    assert.ok(datastore);
    datastore.watchFault = datastore.identifyFault = unreachable;
    datastore.cut(undefined);
    await fleet.clock.advance(40_000);
    assert.equal(condition(fleet, 'east'), 'NotConnecting/ConnectionRefused');
    datastore.watchFault = datastore.identifyFault = undefined;
    await fleet.clock.advance(4_500);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
  });

  it('does not let the other resources wait where one has come back by itself', async () => {
    const fleet = start();
    for (const resource of ['hostendpoints', 'profiles', 'services'] as const)
      fleet.remotes.source(A, resource);
    await serving(fleet);
    const [datastore] = fleet.remotes.open;
    assert.ok(datastore);
    datastore.watchFault = datastore.identifyFault = unreachable;
    datastore.cut(undefined);
    await fleet.clock.advance(40_000);
    // Only the small request goes on failing.
    datastore.watchFault = undefined;
    const resumed = (): number => fleet.events.filter((e) => e.event === 'resource.resumed').length;
    for (let ms = 0; ms < 30_000 && resumed() === 0; ms += 50) await fleet.clock.advance(50);
    await fleet.clock.advance(50);
    assert.equal(resumed(), 4);
  });

  it('is not blinded by a server that is another one after an outage', async () => {
    const fleet = start();
    fleet.manager.setLocalIdentity(['etcd:local']);
    await serving(fleet);
    const [datastore] = fleet.remotes.open;
    assert.ok(datastore);
    datastore.watchFault = datastore.identifyFault = unreachable;
    datastore.cut(undefined);
    await fleet.clock.advance(10_000);
    fleet.remotes.onOpen = (_address, opened) => {
      opened.identities = ['etcd:local'];
    };
    datastore.identities = ['etcd:local'];
    datastore.watchFault = datastore.identifyFault = undefined;
    await fleet.clock.advance(20_000);
    assert.equal(condition(fleet, 'east'), 'ConfigIncomplete/DuplicateOf');
    assert.deepEqual(pools(fleet), {});
  });

  it('is ready when every cluster was tried once, or after 30 s', async () => {
    const fleet = start();
    assert.deepEqual(fleet.manager.ready(), { ready: false, waitingFor: ['source kubernetes'] });
    fleet.remotes.onOpen = (_address, datastore) => {
      datastore.identifyFault = unreachable;
    };
    source(fleet).set(etcdRcc('east', A));
    assert.equal(fleet.manager.ready().ready, false);
    await fleet.clock.advance(1_000);
    assert.equal(fleet.manager.ready().ready, true, 'an unreachable remote does not hold readiness back');
    const failed = fleet.events.find((e) => e.event === 'datastore.failed');
    assert.equal(failed?.event === 'datastore.failed' && failed.reason, 'ConnectionRefused');
    const added = fleet.events.find((e) => e.event === 'cluster.added');
    assert.equal(added?.event === 'cluster.added' && added.datastoreType, 'etcdv3');
    const late = start();
    await late.clock.advance(31_000);
    assert.equal(late.manager.ready().ready, true);
  });

  it('ends in the last state of a storm of changes, with nothing left over', async () => {
    const fleet = start();
    await serving(fleet);
    fleet.remotes.source(B).put('three', '10.3.0.0/16');
    const timers = fleet.clock.pending;
    const data = (address: string): Record<string, string> => ({
      datastoreType: 'etcdv3',
      etcdEndpoints: address,
    });
    for (let i = 0; i < 1_000; i++) {
      source(fleet).secrets.set('fed/s', { state: 'found', data: data(i % 3 ? A : B) });
      source(fleet).set(
        i % 5 ? secretRcc('east', 's') : etcdRcc('east', i % 2 ? A : 'https://missing-file:2379'),
        ...(i % 7 ? [etcdRcc('west', i % 2 ? A : B)] : []),
      );
      await fleet.clock.advance(10);
    }
    source(fleet).set(etcdRcc('east', B));
    await fleet.clock.advance(30_000);
    assert.equal(condition(fleet, 'east'), 'InSync/IdentityOnly');
    assert.equal(condition(fleet, 'west'), 'gone');
    const east = fleet.replicas.opened.findLast(({ cluster }) => cluster === 'east');
    assert.deepEqual([...(east?.stores.get('ippools')?.objects.keys() ?? [])], ['three']);
    assert.equal(fleet.remotes.open.length, 1);
    assert.equal(fleet.clock.pending, timers);
  });

  it('ends with the error of a source that breaks, and leaves nothing running', async () => {
    const fleet = start(['kubernetes', 'directory']);
    fleet.remotes.source(A);
    source(fleet).set(etcdRcc('east', A));
    await fleet.clock.advance(2_000);
    source(fleet, 1).breakDown(new Error('a defect'));
    await assert.rejects(fleet.running, /a defect/);
    assert.deepEqual(fleet.remotes.open, []);
    assert.equal(fleet.clock.pending, 0);
  });

  it('leaves nothing behind when a cluster comes and goes a thousand times', async () => {
    const fleet = start();
    source(fleet).set();
    await fleet.clock.advance(1_000);
    const timers = fleet.clock.pending;
    for (let i = 0; i < 1_000; i++) {
      source(fleet).set(etcdRcc('east', A));
      await fleet.clock.advance(1);
      source(fleet).set();
      await fleet.clock.advance(1);
    }
    await fleet.clock.advance(1_000);
    assert.equal(fleet.clock.pending, timers);
    assert.deepEqual(fleet.remotes.open, []);
    assert.deepEqual(fleet.manager.clusters(), []);
  });
});
