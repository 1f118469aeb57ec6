import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { metaOf } from './memory-api.ts';
import { pathOf } from './slices.ts';
import type { World } from './world.ts';
import { faultOf, faults, log, open, prepare } from './worlds.ts';

describe('Writer: refusals', () => {
  async function settled(): Promise<World> {
    const world = open();
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'] });
    await world.settle();
    world.api.requests.length = 0;
    return world;
  }

  it('reads an object that is not as it was thought to be, and plans again at once', async () => {
    const world = await settled();
    world.watchDelayMs = 60_000;
    const path = pathOf('shop', 'web-1');
    world.api.put(path, { ...world.api.objects.get(path), endpoints: [{ addresses: ['192.0.2.1'] }] });
    world.want('shop/web', { 'web-1': ['10.0.0.3'], 'web-2': ['10.0.0.2'] });
    await world.clock.advance(50);
    assert.deepEqual(log(world), ['merge web-1', 'get web-1', 'merge web-1']);
    assert.deepEqual(world.onServer(), world.wanted());
    assert.deepEqual(world.refused, []);
  });

  it('finds out what is gone, and what was made anew by somebody', async () => {
    const world = await settled();
    world.watchDelayMs = 60_000;
    world.api.delete(pathOf('shop', 'web-1'));
    const path = pathOf('shop', 'web-2');
    const object = world.api.objects.get(path) ?? {};
    world.api.put(path, { ...object, metadata: { ...metaOf(object), uid: 'another' } });
    world.want('shop/web', { 'web-1': ['10.0.0.3'] });
    await world.clock.advance(100);
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('is not hasty for ever', async () => {
    const world = await settled();
    world.api.fault = ({ verb }) => (verb === 'get' ? {} : { problem: 'conflict' });
    world.want('shop/web', { 'web-1': ['10.0.0.3'], 'web-2': ['10.0.0.2'] });
    await world.clock.advance(200);
    assert.equal(world.api.writes.length, 4);
    assert.equal(world.refused.length, 1);
    assert.equal(world.writer.waiting, 1);
    assert.equal(world.writer.state('shop/web').problem, 'conflict');
    await world.clock.advance(600_000);
    assert.ok(world.api.writes.length < 40, `${world.api.writes.length}`);
    world.api.fault = () => ({});
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('reads before it plans again where it is not known whether a write was done', async () => {
    const world = open();
    faults(world, { lost: true });
    world.watchDelayMs = 60_000;
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(10_000);
    assert.deepEqual(log(world), ['create web-1', 'get web-1']);
    assert.deepEqual(world.onServer(), world.wanted());
    assert.equal(world.refused[0]?.problem, 'failed');
    await world.settle();
  });

  it('does not plan while what it has to read cannot be read', async () => {
    const world = open();
    faults(world, { problem: 'failed' });
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(10);
    const { plans } = world;
    world.api.fault = () => ({ problem: 'failed' });
    for (let i = 0; i < 60; i++) {
      world.mark('shop/web');
      await world.clock.advance(1_000);
    }
    assert.equal(world.plans, plans);
    assert.ok(world.api.requests.length < 20, `${world.api.requests.length}`);
    world.api.fault = () => ({});
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('waits long and quietly for a namespace that is being deleted, but not when it is back and changed', async () => {
    const world = open();
    world.api.terminating.add('shop');
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(25_000);
    assert.equal(world.api.writes.length, 1);
    assert.deepEqual(world.refused, []);
    assert.equal(world.writer.state('shop/web').problem, 'terminating');
    world.api.terminating.clear();
    world.mark('shop/web');
    await world.clock.advance(50);
    assert.deepEqual(world.onServer(), world.wanted());
    await world.settle();
  });

  it('reports content that is refused, and goes on with the other slices of the service', async () => {
    const world = await settled();
    faultOf(world, 'web-1', { problem: 'invalid' });
    world.want('shop/web', { 'web-1': ['bad'], 'web-2': ['10.0.0.5'], 'web-3': ['10.0.0.6'] });
    await world.clock.advance(20_000);
    assert.deepEqual(log(world).sort(), ['create web-3', 'merge web-1', 'merge web-2']);
    assert.equal(world.refused[0]?.problem, 'invalid');
    assert.equal(world.refused[0].work?.name, 'web-1');
    assert.ok(world.refused[0].retryInMs >= 30_000);
    // A change elsewhere does not send it again, another content does.
    world.want('shop/web', { 'web-1': ['bad'], 'web-2': ['10.0.0.7'], 'web-3': ['10.0.0.6'] });
    await world.clock.advance(5_000);
    assert.equal(log(world).filter((line) => line === 'merge web-1').length, 1);
    world.api.fault = () => ({});
    world.want('shop/web', { 'web-1': ['10.0.0.8'], 'web-2': ['10.0.0.7'], 'web-3': ['10.0.0.6'] });
    await world.clock.advance(5_000);
    assert.deepEqual(world.onServer(), world.wanted());
    await world.settle();
  });

  it('does not hold back withdrawals when it may not create', async () => {
    const world = await settled();
    world.api.fault = ({ verb }) => (verb === 'create' ? { problem: 'forbidden' } : {});
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': [], 'web-3': ['10.0.0.6'] });
    await world.clock.advance(100);
    world.want('shop/web', { 'web-1': [], 'web-2': [], 'web-3': ['10.0.0.6'] });
    await world.clock.advance(100);
    assert.deepEqual(log(world), ['merge web-2', 'create web-3', 'merge web-1']);
    assert.equal(world.refused.length, 1);
    assert.equal(world.refused[0]?.attempt, 1);
  });

  it('does not ask again for what it may not do, once it knows', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ problem: 'forbidden' });
    const names = Array.from({ length: 9 }, (_, i) => `web-${i}`);
    world.want('shop/web', Object.fromEntries(names.map((name) => [name, ['10.0.0.1']])));
    await world.clock.advance(25_000);
    assert.equal(world.api.writes.length, 1);
    world.api.fault = () => ({});
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('repairs one object at once again and again while another is refused', async () => {
    const world = await settled();
    faultOf(world, 'web-2', { problem: 'invalid' });
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['bad'] });
    const path = pathOf('shop', 'web-1');
    for (let i = 0; i < 8; i++) {
      world.watchDelayMs = 1e9;
      world.api.put(path, { ...world.api.objects.get(path), endpoints: [{ addresses: ['192.0.2.1'] }] });
      world.want('shop/web', { 'web-1': [`10.0.1.${i}`], 'web-2': ['bad'] });
      await world.clock.advance(20);
      assert.deepEqual(world.onServer()[path], [`10.0.1.${i}`]);
    }
    world.api.fault = () => ({});
  });

  it('begins its back-off anew when something was accepted in between', async () => {
    const world = open();
    faults(world, { problem: 'failed' }, { problem: 'failed' }, { latencyMs: 50 }, { problem: 'failed' });
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.turns();
    while (world.api.writes.length < 3) await world.clock.advance(10);
    world.want('shop/web', { 'web-1': ['10.0.0.2'] });
    await world.settle();
    assert.deepEqual(
      world.refused.map(({ attempt }) => attempt),
      [1, 2, 1],
    );
  });

  it('does not plan more often for being marked what cannot be planned', async () => {
    const world = prepare();
    const planOf = world.planOf.bind(world);
    let plans = 0;
    world.planOf = () => {
      plans++;
      throw new Error('no way');
    };
    world.start();
    for (let i = 0; i < 200; i++) {
      world.mark('shop/web');
      await world.clock.advance(10);
    }
    assert.ok(plans < 6, `${plans}`);
    world.planOf = planOf;
    await world.settle();
  });

  it('goes on with other services when one cannot be planned', async () => {
    const world = prepare();
    const planOf = world.planOf.bind(world);
    world.planOf = (key) => {
      if (key === 'shop/bad') throw new Error('no way');
      return planOf(key);
    };
    world.start();
    world.want('shop/bad', { 'bad-1': ['10.0.0.1'] });
    world.want('shop/good', { 'good-1': ['10.0.0.1'] });
    await world.clock.advance(100);
    assert.deepEqual(log(world), ['create good-1']);
    assert.equal(world.refused[0]?.message, 'shop/bad cannot be planned: no way');
    assert.equal(world.refused[0].work, undefined);
    world.planOf = planOf;
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('counts time from the change that was seen first, through all attempts', async () => {
    const world = open();
    faults(world, { problem: 'failed' });
    world.want('shop/web', { 'web-1': ['10.0.0.1'] }, { seenAt: 1_000, cause: 'first' });
    await world.clock.advance(50);
    world.want('shop/web', { 'web-1': ['10.0.0.2'] }, { seenAt: 2_000, cause: 'second' });
    await world.settle();
    assert.deepEqual(
      world.accepted.map(({ key, seenAt, work }) => [key, seenAt, work.op, work.endpoints]),
      [['shop/web', 1_000, 'create', 1]],
    );
    const { state, lastWrite, problem } = world.writer.state('shop/web');
    assert.deepEqual([state, lastWrite?.cause, problem], ['idle', 'first', undefined]);
    assert.deepEqual(world.writer.counts(), [
      { kind: 'EndpointSlice', op: 'create', result: 'failed', count: 1 },
      { kind: 'EndpointSlice', op: 'create', result: 'accepted', count: 1 },
    ]);
  });
});
