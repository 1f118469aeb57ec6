import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { labels, service, workload } from '../../index/fixtures.ts';
import { clusterStatus, FeedRig } from './feed-rig.ts';

describe('watches of the feed', () => {
  let rig: FeedRig;

  beforeEach(() => {
    rig = new FeedRig({ graceMs: 1000 });
    rig.open('east');
    rig.open('west');
    rig.start();
  });

  afterEach(async () => {
    await rig.stop();
    assert.deepEqual(rig.events, []);
  });

  it('start with what is there, and go on with what comes', async () => {
    rig.put('east', service('a'));
    const watch = await rig.watch({ resource: 'services' });
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.a']);
    rig.put('west', service('a'));
    rig.put('east', service('a', { type: 'NodePort' }));
    rig.remove('west', 'services', { namespace: 'shop', name: 'a' });
    await rig.settle();
    assert.deepEqual(watch.summary.slice(1), ['MODIFIED east.a'], 'west.a came and went');
  });

  it('go on from a list', async () => {
    rig.put('east', service('a'));
    const { metadata, items } = await rig.list({ resource: 'services' });
    assert.equal(items.length, 1);
    const { resourceVersion } = metadata;
    rig.put('east', service('b'));
    const watch = await rig.watch({ resource: 'services', resourceVersion });
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.b']);
    assert.equal(watch.events[0]?.object.metadata.resourceVersion, rig.store.resourceVersion);
  });

  it('tell a deletion and what came in its place as two events', async () => {
    rig.put('east', service('a'));
    const watch = await rig.watch({ resource: 'services' });
    await rig.settle();
    rig.remove('east', 'services', { namespace: 'shop', name: 'a' });
    rig.put('east', service('a', { uid: 'other' }));
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.a', 'DELETED east.a', 'ADDED east.a']);
  });

  it('tell nothing of a relist that changes nothing', async () => {
    rig.put('east', service('a'), service('b'));
    const watch = await rig.watch({ resource: 'services' });
    await rig.settle();
    const store = rig.resource('east', 'services');
    store.begin();
    rig.put('east', service('b', { resourceVersion: '7' }), service('a', { resourceVersion: '8' }));
    store.end();
    await rig.settle();
    assert.equal(watch.events.length, 2);
    assert.equal(watch.chunks.length, 1, 'nothing was written at all');
  });

  it('come to a reader that was cut off amid the events of one commit from where it was', async () => {
    const first = await rig.watch({ resource: 'services' });
    rig
      .resource('east', 'services')
      .apply(['a', 'b', 'c'].map((name) => ({ op: 'put', entry: service(name) }) as const));
    await rig.settle();
    const versions = first.events.map(({ object }) => object.metadata.resourceVersion);
    assert.equal(new Set(versions).size, 3);
    const again = await rig.watch({ resource: 'services', resourceVersion: versions[0] ?? '' });
    await rig.settle();
    assert.deepEqual(again.summary, ['ADDED east.b', 'ADDED east.c']);
    const { metadata } = await rig.list({ resource: 'services' });
    const { resourceVersion } = metadata;
    const after = await rig.watch({ resource: 'services', resourceVersion });
    await rig.settle();
    assert.deepEqual(after.events, [], 'a list stands behind the whole commit');
  });

  it('show by labels what comes into and goes out of sight', async () => {
    const web = { labels: labels({ app: 'web' }) };
    rig.put('east', service('a', web), service('b'));
    const watch = await rig.watch({ resource: 'services', labelSelector: 'app=web' });
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.a']);
    rig.put('east', service('b', web));
    rig.put('east', service('a', { type: 'NodePort' }));
    await rig.settle();
    assert.deepEqual(watch.summary.slice(1), ['ADDED east.b', 'DELETED east.a']);
    const gone = watch.events[2]?.object.metadata;
    assert.deepEqual(gone?.labels?.['app'], 'web', 'as it was when it was seen last');
    assert.equal(gone?.resourceVersion, rig.store.resourceVersion);
    rig.put('east', service('a'));
    rig.put('east', service('b', { ...web, type: 'NodePort' }));
    rig.remove('east', 'services', { namespace: 'shop', name: 'a' });
    await rig.settle();
    assert.deepEqual(watch.summary.slice(3), ['MODIFIED east.b']);
  });

  it('follow one object by its name in either view', async () => {
    rig.open('far.east');
    const merged = await rig.watch({ fieldSelector: 'metadata.name=east.node--1-k8s-web-eth0' });
    const own = await rig.watch({
      view: { view: 'cluster', cluster: 'east' },
      fieldSelector: 'metadata.name=node--1-k8s-web-eth0',
    });
    rig.put('east', workload('web'), workload('db'));
    rig.put('west', workload('web'));
    rig.put('far.east', workload('web'));
    await rig.settle();
    assert.deepEqual(merged.summary, ['ADDED east.node--1-k8s-web-eth0']);
    assert.deepEqual(own.summary, ['ADDED node--1-k8s-web-eth0']);
    const { items } = await rig.list();
    const hashed = items.find(({ metadata }) => metadata.name.startsWith('far-east-'))?.metadata.name ?? '';
    const far = await rig.watch({ fieldSelector: `metadata.name=${hashed}` });
    rig.put('far.east', workload('web', { node: 'node-1', ipNetworks: ['10.9.9.9/32'] }));
    await rig.settle();
    assert.deepEqual(far.summary, [`ADDED ${hashed}`, `MODIFIED ${hashed}`]);
  });

  it('keep to their namespace', async () => {
    const watch = await rig.watch({ resource: 'services', namespace: 'bank' });
    rig.put('east', service('a'), service('b', { namespace: 'bank' }));
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.b']);
  });

  it('share the bytes of a batch', async () => {
    const watches = [await rig.watch(), await rig.watch(), await rig.watch({ namespace: 'shop' })];
    await rig.settle();
    const before = rig.store.stats().encodedBytesTotal;
    for (let i = 0; i < 50; i++) rig.put('east', workload(`web-${i}`));
    await rig.settle();
    const [first] = watches;
    for (const watch of watches) assert.equal(watch.events.length, 50);
    assert.equal(rig.store.stats().encodedBytesTotal - before, first?.bytes);
  });

  it('mark the end of the initial events', async () => {
    rig.put('east', service('a'));
    const watch = await rig.watch({
      resource: 'services',
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
    });
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.a', 'BOOKMARK']);
    const bookmark = watch.events[1]?.object.metadata;
    assert.deepEqual(bookmark?.annotations, { 'k8s.io/initial-events-end': 'true' });
    assert.equal(bookmark?.resourceVersion, rig.store.resourceVersion);
    const none = await rig.watch({
      resource: 'services',
      sendInitialEvents: false,
      resourceVersionMatch: 'NotOlderThan',
    });
    await rig.settle();
    assert.deepEqual(none.events, []);
  });

  it('bookmark every minute and before their time is over', async () => {
    const watch = await rig.watch({ resource: 'services', allowWatchBookmarks: true, timeoutSeconds: 70 });
    const silent = await rig.watch({ resource: 'services', timeoutSeconds: 70 });
    rig.put('east', service('a'));
    await rig.clock.advance(61_000);
    assert.deepEqual(watch.summary, ['ADDED east.a', 'BOOKMARK']);
    rig.put('east', workload('elsewhere'));
    await rig.clock.advance(10_000);
    assert.deepEqual(watch.summary.slice(2), ['BOOKMARK']);
    assert.equal(watch.events[2]?.object.metadata.resourceVersion, rig.store.resourceVersion);
    assert.equal(watch.ended, 'timeout');
    assert.deepEqual([silent.summary, silent.ended], [['ADDED east.a'], 'timeout']);
  });

  it('end by themselves after half an hour or an hour', async () => {
    const watch = await rig.watch();
    await rig.clock.advance(1_799_000);
    assert.equal(watch.ended, undefined);
    await rig.clock.advance(1_802_000);
    assert.equal(watch.ended, 'timeout');
  });

  it('tell a version that is not ours, or ahead, in the stream', async () => {
    const now = rig.store.resourceVersion;
    const ahead = String(BigInt(now) + 1000n);
    const foreign = String(BigInt(now) + 1n);
    for (const resourceVersion of [ahead, foreign, '17', '1'.repeat(40)]) {
      const watch = await rig.watch({ resourceVersion });
      await rig.settle();
      assert.deepEqual(watch.summary, ['ERROR 410']);
      assert.equal(watch.ended, 'expired');
    }
  });

  it('of a cluster that goes tell that everything goes, and end', async () => {
    const view = { view: 'cluster', cluster: 'east' } as const;
    rig.put('east', service('a'), workload('web'));
    rig.put('west', service('a'));
    const own = await rig.watch({ resource: 'services', view });
    const status = await rig.watch({ resource: 'remoteclusters', view });
    const merged = await rig.watch({ resource: 'services' });
    await rig.settle();
    await rig.drop('east');
    await rig.clock.advance(1500);
    assert.deepEqual([own.summary, own.ended], [['ADDED a', 'DELETED a'], 'removed']);
    assert.deepEqual([status.summary, status.ended], [['ADDED east', 'DELETED east'], 'removed']);
    assert.deepEqual(merged.summary, ['ADDED east.a', 'ADDED west.a', 'DELETED east.a']);
    assert.equal(merged.ended, undefined);
    assert.equal(rig.store.hasCluster('east'), false);
    const gone = await rig.failedList({ resource: 'services', view });
    assert.deepEqual([gone.code, gone.reason], [404, 'NotFound']);
  });

  it('of remote clusters tell states at once, counts now and then, and contact with the state', async () => {
    const watch = await rig.watch({ resource: 'remoteclusters' });
    await rig.clock.advance(1000);
    assert.deepEqual(watch.summary, ['ADDED east', 'ADDED west']);
    const { counts } = clusterStatus('east');
    const set = (services: number, more = {}): void => {
      rig.fleet.set('east', clusterStatus('east', { counts: { ...counts, services }, ...more }));
    };
    set(1, { lastContact: 1_700_000_005_000 });
    await rig.clock.advance(5000);
    set(2);
    await rig.clock.advance(2000);
    assert.equal(watch.events.length, 2, 'counts wait');
    await rig.clock.advance(4000);
    assert.deepEqual(watch.summary.slice(2), ['MODIFIED east']);
    const seen = (i: number) => watch.events[i]?.object as unknown as { status: Record<string, unknown> };
    assert.equal(seen(2).status['lastContact'], '2023-11-14T22:13:20Z');
    set(3, { status: 'NotConnecting', reason: 'Timeout', lastContact: 1_700_000_009_000 });
    await rig.clock.advance(1000);
    assert.deepEqual(watch.summary.slice(3), ['MODIFIED east']);
    const { state, lastContact } = seen(3).status;
    assert.deepEqual([state, lastContact], ['NotConnecting', '2023-11-14T22:13:29Z']);
  });

  it('of namespaces tell the first and the last object in them', async () => {
    rig.put('east', service('a'), workload('web', { namespace: 'bank' }));
    const merged = await rig.watch({ resource: 'namespaces' });
    const east = await rig.watch({ resource: 'namespaces', view: { view: 'cluster', cluster: 'east' } });
    await rig.settle();
    assert.deepEqual(merged.summary, ['ADDED bank', 'ADDED shop']);
    rig.put('west', service('a'), service('b', { namespace: 'new' }));
    rig.remove('east', 'services', { namespace: 'shop', name: 'a' });
    await rig.settle();
    assert.deepEqual(merged.summary.slice(2), ['ADDED new']);
    assert.deepEqual(east.summary.slice(2), ['DELETED shop']);
    rig.remove('west', 'services', { namespace: 'shop', name: 'a' });
    await rig.settle();
    assert.deepEqual(merged.summary.slice(3), ['DELETED shop']);
  });
});
