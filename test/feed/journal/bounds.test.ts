import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { service, workload } from '../../index/fixtures.ts';
import { FeedRig } from './feed-rig.ts';

describe('the history of the feed', () => {
  let rig = new FeedRig();

  afterEach(() => rig.stop());

  const started = (limits: ConstructorParameters<typeof FeedRig>[0]): FeedRig => {
    rig = new FeedRig(limits);
    rig.open('east');
    rig.start();
    return rig;
  };
  const churn = async (rounds: number): Promise<void> => {
    for (let i = 0; i < rounds; i++) {
      rig.put('east', workload('web', { ipNetworks: [`10.0.${i >> 8}.${i & 255}/32`] }));
      await rig.clock.advance(2);
    }
  };

  it('is bounded by events, and ends a watch that falls out of it with 410', async () => {
    started({ historyEvents: 20, graceMs: 1000 });
    const slow = await rig.watch();
    const quick = await rig.watch();
    await rig.settle();
    slow.isFull = true;
    await churn(100);
    assert.ok(rig.store.stats().ringEvents <= 20);
    assert.equal(slow.events.length, 1);
    assert.equal(slow.ended, undefined);
    await rig.clock.advance(500);
    slow.resume();
    await rig.settle();
    assert.deepEqual(slow.summary.slice(1), ['ERROR 410']);
    assert.match(slow.events[1]?.object.message ?? '', /^too old resource version: \d+ \(\d+\)$/u);
    assert.equal(slow.ended, 'expired');
    assert.equal(quick.events.length, 100);
    assert.equal(quick.ended, undefined);
  });

  it('gives a watch that does not read even that a grace period, and then up', async () => {
    started({ historyEvents: 20, graceMs: 1000 });
    const stalled = await rig.watch();
    await rig.settle();
    stalled.isFull = true;
    await churn(50);
    const chunks = stalled.chunks.length;
    await rig.clock.advance(900);
    assert.equal(stalled.ended, undefined);
    await rig.clock.advance(600);
    assert.equal(stalled.ended, 'slow');
    assert.equal(stalled.chunks.length, chunks + 1, 'its last words');
    assert.equal(rig.store.stats().watchesEndedTotal.slow, 1);
  });

  it('is bounded by bytes, those that are encoded later included', async () => {
    const historyBytes = 200_000;
    started({ historyBytes, graceMs: 1000 });
    const watch = await rig.watch();
    const views = [
      await rig.watch({ view: { view: 'cluster', cluster: 'east' } }),
      await rig.watch({ encoding: { wire: 'json', form: 'table', includeObject: 'Object' } }),
      await rig.watch({
        namespace: 'shop',
        encoding: { wire: 'json', form: 'metadata', includeObject: 'None' },
      }),
    ];
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 50; n++)
        rig.put('east', workload(`web-${n}`, { ipNetworks: [`10.0.${n}.${i}/32`] }));
      await rig.clock.advance(2);
      assert.ok(rig.store.stats().ringBytes <= historyBytes);
    }
    assert.equal(watch.events.length, 2000);
    for (const each of views) assert.equal(each.events.length, 2000);
  });

  it('of a quiet collection outlives the churn of another', async () => {
    started({ historyBytes: 100_000 });
    rig.put('east', service('a'));
    await rig.list({ resource: 'services' });
    const { metadata } = await rig.list({ resource: 'services' });
    await rig.watch();
    rig.put('east', service('b'));
    await churn(200);
    const { resourceVersion } = metadata;
    const watch = await rig.watch({ resource: 'services', resourceVersion });
    await rig.settle();
    assert.deepEqual(watch.summary, ['ADDED east.b']);
  });

  it('is not kept while nobody reads, and is lost then', async () => {
    started({ idleMs: 60_000 });
    assert.equal(rig.store.stats().dormant, true);
    rig.put('east', service('a'));
    const { metadata } = await rig.list({ resource: 'services' });
    const { resourceVersion } = metadata;
    await rig.clock.advance(50_000);
    const changes = rig.store.stats().changesTotal;
    rig.put('east', service('b'));
    await rig.clock.advance(5);
    assert.equal(rig.store.stats().changesTotal, changes + 1);
    const watch = await rig.watch({ resource: 'services', resourceVersion });
    await rig.clock.advance(120_000);
    assert.equal(rig.store.stats().dormant, false, 'a watch keeps it awake');
    assert.deepEqual(watch.summary, ['ADDED east.b']);
    watch.watch?.close();
    await rig.clock.advance(61_000);
    assert.deepEqual(
      [rig.store.stats().dormant, rig.store.stats().ringBytes, rig.store.stats().ringEvents],
      [true, 0, 0],
    );
    rig.put('east', service('c'));
    await rig.clock.advance(5);
    assert.equal(rig.store.stats().changesTotal, changes + 1, 'nobody listens');
    const late = await rig.watch({ resource: 'services', resourceVersion });
    await rig.settle();
    assert.deepEqual(late.summary, ['ERROR 410']);
  });

  it('costs a stalled watch no memory of its own', async () => {
    started({ historyBytes: 1 << 20 });
    const stalled = await Promise.all(
      Array.from({ length: 50 }, () => rig.watch({ labelSelector: '!none' })),
    );
    await rig.settle();
    for (const each of stalled) each.isFull = true;
    await churn(2000);
    assert.ok(rig.store.stats().ringBytes <= 1 << 20);
    for (const each of stalled) assert.ok(each.chunks.length <= 2);
  });

  it('does not let one broken sink end the others', async () => {
    started({});
    const broken = await rig.watch();
    const sound = await rig.watch();
    await rig.settle();
    broken.write = () => {
      throw new Error('broken');
    };
    rig.put('east', workload('web'));
    await rig.settle();
    assert.equal(broken.ended, 'failed');
    assert.equal(sound.events.length, 1);
    assert.deepEqual(
      rig.events.map(({ event }) => event),
      ['internal.error'],
    );
  });

  it('leaves nothing behind when it stops', async () => {
    started({});
    const watch = await rig.watch();
    rig.put('east', workload('web'));
    await rig.stop();
    assert.equal(watch.ended, 'stopped');
    assert.equal(rig.clock.pending, 0);
    assert.equal(rig.store.stats().ringBytes, 0);
    rig.put('east', workload('web-2'));
    assert.equal(rig.clock.pending, 0);
  });
});
