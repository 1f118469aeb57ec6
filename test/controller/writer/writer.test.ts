import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { turn } from '../../support/fake-clock.ts';
import type { Request } from './memory-api.ts';
import { faultOf, log, open, prepare } from './worlds.ts';

describe('Writer: queue', () => {
  it('starts nothing before it runs, and then plans what was marked', async () => {
    const world = prepare();
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(60_000);
    assert.equal(world.plans, 0);
    world.start();
    await world.settle();
    assert.deepEqual(log(world), ['create web-1']);
  });

  it('writes once what was marked a thousand times', async () => {
    const world = open();
    for (let i = 0; i < 1_000; i++) world.want('shop/web', { 'web-1': [`10.0.0.${i % 250}`] });
    await world.settle();
    assert.deepEqual(log(world), ['create web-1']);
    // One for the marks, one for what the watch told.
    assert.ok(world.plans <= 2, `${world.plans}`);
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('plans again after the writes under way when it changed meanwhile, and starts none of the old plan', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'], 'web-3': ['10.0.0.3'] });
    await world.clock.advance(10);
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.9'] });
    await world.settle();
    assert.deepEqual(log(world), ['create web-1', 'create web-2']);
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('plans a service that waited for its turn anew', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    for (const name of ['a', 'b']) world.want(`shop/${name}`, { [`${name}-1`]: ['10.0.0.1'] });
    await world.clock.advance(10);
    world.desired.get('shop/b')?.set('b-1', ['10.0.0.2']);
    await world.settle();
    assert.deepEqual(log(world), ['create a-1', 'create b-1']);
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('counts time from the first mark also where the plan of it was not finished', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'] }, { seenAt: 1 });
    await world.clock.advance(30);
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.3'] }, { seenAt: 2 });
    await world.clock.advance(10);
    assert.equal(world.writer.state('shop/web').state, 'busy');
    await world.settle();
    assert.deepEqual(
      world.accepted.map(({ seenAt }) => seenAt),
      [1, 1],
    );
    world.want('shop/web', { 'web-1': ['10.0.0.5'], 'web-2': ['10.0.0.3'] }, { seenAt: 3 });
    await world.clock.advance(30);
    world.want('shop/web', { 'web-1': ['10.0.0.6'], 'web-2': ['10.0.0.3'] }, { seenAt: 4 });
    const markedAt = world.clock.now();
    await world.clock.advance(40);
    assert.equal(world.writer.state('shop/web').since, markedAt);
    await world.settle();
    assert.deepEqual(
      world.accepted.slice(2).map(({ seenAt }) => seenAt),
      [3, 4],
    );
  });

  it('takes the most urgent service first when a slot is free, also one that came later', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    for (const name of ['a', 'b', 'c']) world.want(`shop/${name}`, { [`${name}-1`]: ['10.0.0.1'] });
    await world.clock.advance(10);
    world.ranks.set('shop/z', 'withdraw');
    world.want('shop/z', { 'z-1': ['10.0.0.1'] });
    await world.settle();
    assert.deepEqual(log(world), ['create a-1', 'create z-1', 'create b-1', 'create c-1']);
  });

  it('does not believe a rank that its plan does not confirm', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    world.want('shop/a', { 'a-1': ['10.0.0.1'] });
    await world.clock.advance(10);
    world.ranks.set('shop/b', 'cosmetic');
    world.want('shop/b', { 'b-1': ['10.0.0.1'] }, { rank: 'withdraw' });
    world.want('shop/c', { 'c-1': ['10.0.0.1'] });
    await world.settle();
    assert.deepEqual(log(world), ['create a-1', 'create c-1', 'create b-1']);
  });

  it('does not starve cosmetic writes', async () => {
    const world = open({ maxParallelWrites: 1, timings: { agingMs: 100 } });
    world.api.fault = () => ({ latencyMs: 20 });
    world.ranks.set('shop/z', 'cosmetic');
    world.want('shop/z', { 'z-1': ['10.0.0.1'] });
    for (let i = 0; i < 60; i++) {
      world.ranks.set(`shop/s${i}`, 'withdraw');
      world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] }, { rank: 'withdraw' });
    }
    for (let i = 60; i < 120; i++) {
      world.ranks.set(`shop/s${i}`, 'withdraw');
      world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] }, { rank: 'withdraw' });
      await world.clock.advance(20);
    }
    await world.settle();
    const place = log(world).indexOf('create z-1');
    assert.ok(place > 60 && place < 90, `${place} of ${log(world).length}`);
  });

  it('says who waits and for how long', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 1_000 });
    for (const name of ['a', 'b', 'c']) world.want(`shop/${name}`, { [`${name}-1`]: ['10.0.0.1'] });
    await world.clock.advance(100);
    assert.deepEqual(world.writer.queue(), { withdraw: 0, 'not-ready': 0, add: 2, cosmetic: 0, unranked: 0 });
    assert.equal(world.writer.oldestAgeMs, 100);
    assert.equal(world.writer.inFlight, 1);
    assert.equal(world.writer.limit, 1);
    assert.equal(world.writer.idle, false);
    assert.equal(world.writer.state('shop/a').state, 'busy');
    assert.equal(world.writer.state('shop/b').state, 'queued');
    assert.equal(world.writer.state('shop/b').rank, 'add');
    assert.equal(world.writer.state('shop/b').since, world.clock.now() - 100);
    await world.settle();
    assert.equal(world.writer.idle, true);
    assert.equal(world.writer.oldestAgeMs, 0);
  });

  it('writes hundreds of services at once, within what the server bears', async () => {
    const world = open();
    let most = 0;
    const check = world.api.onRequest;
    world.api.onRequest = (request) => {
      check(request);
      most = Math.max(most, world.api.inFlight);
    };
    world.api.fault = () => ({ latencyMs: 10 });
    for (let i = 0; i < 500; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.turns();
    await world.settle();
    assert.equal(most, 16);
    assert.equal(world.api.writes.length, 500);
    assert.ok((world.api.writes.at(-1)?.at ?? Infinity) < 400, 'sixteen at a time, soon');
  });
});

describe('Writer: phases', () => {
  it('plans the second phase when all of the first was accepted', async () => {
    const world = open();
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.settle();
    world.want('shop/web', { 'web-2': ['10.0.0.1'], 'web-3': ['10.0.0.2'] }, { seenAt: 77 });
    await world.settle();
    assert.deepEqual(log(world).slice(1, 3).sort(), ['create web-2', 'create web-3']);
    assert.deepEqual(log(world).slice(3), ['remove web-1']);
    assert.deepEqual(
      world.accepted.slice(1).map(({ seenAt }) => seenAt),
      [77, 77, 77],
    );
  });

  it('does not touch the second phase while something of the first is refused', async () => {
    const world = open();
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.settle();
    faultOf(world, 'web-3', { problem: 'invalid' });
    world.want('shop/web', { 'web-2': ['10.0.0.1'], 'web-3': ['10.0.0.2'] });
    await world.clock.advance(600_000);
    assert.equal(log(world).includes('remove web-1'), false);
    world.api.fault = () => ({});
    await world.settle();
    assert.equal(log(world).at(-1), 'remove web-1');
  });

  it('gives up for a while on a plan that does not come to an end', async () => {
    const world = prepare();
    const planOf = world.planOf.bind(world);
    let name = 0;
    world.planOf = (key) => {
      world.desired.set(key, new Map([[`web-${++name}`, ['10.0.0.1']]]));
      return planOf(key);
    };
    world.watchDelayMs = 1e9;
    world.start();
    world.mark('shop/web');
    await world.clock.advance(10);
    world.mark('shop/web');
    await world.clock.advance(400);
    assert.ok(world.api.writes.length < 20, `${world.api.writes.length}`);
    assert.match(world.refused[0]?.message ?? '', /the plan of shop\/web does not come to an end/);
  });
});

describe('Writer: gate', () => {
  it('starts nothing while it is closed, and plans all that was marked when it opens', async () => {
    const world = open();
    world.gate.set(0);
    for (const name of ['a', 'b', 'c']) world.want(`shop/${name}`, { [`${name}-1`]: ['10.0.0.1'] });
    await world.clock.advance(60_000);
    assert.equal(world.plans, 0);
    assert.equal(world.writer.oldestAgeMs, 0);
    world.gate.set(5_000);
    await world.clock.advance(10);
    assert.equal(world.api.writes.length, 3);
    await world.settle();
    assert.ok(world.api.writes.every(({ options }) => options?.timeoutMs === 5_000));
  });

  it('counts from the opening: what was seen while another could write is no measure', async () => {
    const world = open();
    world.gate.set(0);
    const wanted = { 'web-1': ['10.0.0.1'] };
    world.want('shop/web', wanted, { seenAt: world.clock.now(), cause: 'slice web-1' });
    await world.clock.advance(3_600_000);
    world.gate.set(5_000);
    await world.settle();
    assert.deepEqual(
      world.accepted.map(({ seenAt }) => seenAt),
      [undefined],
    );
    assert.equal(world.writer.state('shop/web').lastWrite?.cause, 'slice web-1');
    const seenAt = world.clock.now();
    world.want('shop/web', { 'web-1': ['10.0.0.2'] }, { seenAt });
    await world.settle();
    assert.equal(world.accepted.at(-1)?.seenAt, seenAt);
  });

  it('lets what runs end when it closes, and plans the rest anew when it opens', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.api.fault = () => ({ latencyMs: 50 });
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'] });
    await world.clock.advance(10);
    world.gate.set(0);
    await world.clock.advance(10_000);
    assert.deepEqual(log(world), ['create web-1']);
    world.desired.get('shop/web')?.set('web-2', ['10.0.0.7']);
    world.gate.set(Infinity);
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('starts no write when the budget ends between two', async () => {
    const world = open();
    const check = world.api.onRequest;
    world.api.onRequest = (request) => {
      check(request);
      world.gate.budget = 0;
    };
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'] });
    await world.clock.advance(100);
    assert.equal(world.api.writes.length, 1);
    world.api.onRequest = check;
    world.gate.budget = 1_000;
    await world.settle();
  });

  it('counts waiting from when it opens: what is old on a standby is not urgent for that', async () => {
    const world = open({ maxParallelWrites: 1 });
    world.gate.set(0);
    world.ranks.set('shop/old', 'cosmetic').set('shop/new', 'withdraw');
    world.want('shop/old', { 'old-1': ['10.0.0.1'] });
    await world.clock.advance(3_600_000);
    world.want('shop/new', { 'new-1': ['10.0.0.1'] });
    world.gate.set(5_000);
    await world.settle();
    assert.deepEqual(log(world), ['create new-1', 'create old-1']);
  });

  it('notices a budget that comes back without a word', async () => {
    const world = open();
    world.gate.budget = 0;
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(100);
    world.gate.budget = 1_000;
    await world.clock.advance(2_000);
    assert.equal(world.api.writes.length, 1);
  });
});

describe('Writer: the server under load', () => {
  it('stops altogether for as long as a 429 asks, and then goes on with fewer at once', async () => {
    const world = open();
    world.api.fault = () => ({ latencyMs: 10 });
    for (let i = 0; i < 30; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.clock.advance(12);
    assert.ok(world.api.requests.length > 8);
    const before = world.writer.limit;
    world.api.fault = () => ({ problem: 'throttled', retryAfterMs: 7_000, latencyMs: 10 });
    await world.clock.advance(20);
    assert.ok(world.writer.pauseMs > 6_900);
    assert.ok(world.writer.limit <= before);
    const sent = world.api.requests.length;
    world.api.fault = () => ({ latencyMs: 10 });
    await world.clock.advance(6_900);
    assert.equal(world.api.requests.length, sent);
    await world.settle();
    assert.deepEqual(world.onServer(), world.wanted());
    assert.deepEqual(world.refused, []);
  });

  it('asks little in an outage, however much there is to write, and is done soon after it', async () => {
    const world = open();
    world.api.fault = () => ({ problem: 'failed', latencyMs: 5 });
    for (let i = 0; i < 300; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.turns();
    await world.clock.advance(300_000);
    assert.ok(
      world.api.requests.length > 20 && world.api.requests.length < 150,
      `${world.api.requests.length}`,
    );
    world.api.fault = () => ({ latencyMs: 5 });
    await world.clock.advance(15_000);
    assert.deepEqual(world.onServer(), world.wanted());
  });

  it('goes on with everything as soon as one request is answered after an outage', async () => {
    const world = open();
    world.api.fault = () => ({ problem: 'failed', latencyMs: 5 });
    for (let i = 0; i < 8; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.clock.advance(600_000);
    assert.equal(world.writer.state('shop/s1').problem, 'failed');
    world.api.fault = () => ({ latencyMs: 5 });
    const sent = world.api.requests.length;
    while (world.api.requests.length === sent) await world.clock.advance(10);
    await world.clock.advance(200);
    assert.deepEqual(world.onServer(), world.wanted());
  });
});

describe('Writer: the end', () => {
  it('waits for the writes under way and starts none', async () => {
    const world = open({ maxParallelWrites: 2 });
    world.api.fault = () => ({ latencyMs: 3_000 });
    for (let i = 0; i < 10; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.clock.advance(100);
    let over = false;
    const ended = world.abort()?.then(() => (over = true));
    await world.clock.advance(2_000);
    assert.equal(over, false);
    await world.clock.advance(1_000);
    await ended;
    assert.equal(world.api.requests.length, 2);
    assert.equal(world.accepted.length, 2);
  });

  it('does not wait for ever', async () => {
    const world = open({ timings: { drainMs: 4_000, writeTimeoutMs: 1e9 } });
    const signals: (Request['options'] | undefined)[] = [];
    world.api.fault = ({ options }) => {
      signals.push(options);
      return { latencyMs: 1e8 };
    };
    world.want('shop/web', { 'web-1': ['10.0.0.1'] });
    await world.clock.advance(100);
    const ended = world.abort();
    await world.clock.advance(4_000);
    await ended;
    assert.equal(signals[0]?.signal.aborted, true);
  });

  it('leaves no timer behind', async () => {
    const world = open();
    world.api.fault = () => ({ problem: 'failed', latencyMs: 3_000 });
    for (let i = 0; i < 10; i++) world.want(`shop/s${i}`, { [`s${i}-1`]: ['10.0.0.1'] });
    await world.clock.advance(4_000);
    await world.stop();
    await world.clock.advance(10);
    assert.equal(world.clock.pending, 0);
    world.mark('shop/s1');
    await turn();
    assert.equal(world.clock.pending, 0);
  });
});

describe('Writer: dry run', () => {
  it('sends nothing, whatever the gate says, and tells each write once', async () => {
    const world = open({ dryRun: true });
    world.gate.set(0);
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.2'] });
    await world.settle();
    world.mark('shop/web');
    await world.settle();
    assert.deepEqual(world.planned, ['create web-1', 'create web-2']);
    world.want('shop/web', { 'web-1': ['10.0.0.1'], 'web-2': ['10.0.0.3'] });
    await world.settle();
    assert.deepEqual(world.planned.slice(2), ['create web-2']);
    assert.deepEqual(world.api.requests, []);
    assert.deepEqual(world.writer.counts(), [
      { kind: 'EndpointSlice', op: 'create', result: 'dry-run', count: 3 },
    ]);
  });
});
