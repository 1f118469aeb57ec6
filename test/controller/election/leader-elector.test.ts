import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WriteError } from '../../../src/contract/local-api.ts';
import type { ElectionEvent } from '../../../src/controller/election/election-event.ts';
import { LeaderElector } from '../../../src/controller/election/leader-elector.ts';
import { LEASE_TIMINGS } from '../../../src/controller/election/lease-timings.ts';
import { openGate } from '../../../src/controller/election/open-gate.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type Delay, SimulatedServer } from './simulated-api.ts';

const LEASE = { namespace: 'calico-system', name: 'fedsyncd' };
const PATH = '/apis/coordination.k8s.io/v1/namespaces/calico-system/leases/fedsyncd';

interface Candidate {
  readonly elector: LeaderElector;
  readonly events: ElectionEvent[];
  readonly told: boolean[];
  /** Ends `run` and waits for it. */
  stop(): Promise<void>;
}

function newWorld() {
  const clock = new FakeClock();
  const server = new SimulatedServer(clock);
  const spec = () => server.objects.get(PATH)?.['spec'] as Record<string, unknown>;
  return { clock, server, spec };
}

function start(world: ReturnType<typeof newWorld>, identity: string, there?: Delay, back?: Delay): Candidate {
  const events: ElectionEvent[] = [];
  const told: boolean[] = [];
  const elector = new LeaderElector(world.server.client(there, back), {
    lease: LEASE,
    identity,
    timings: LEASE_TIMINGS,
    clock: world.clock,
    random: seededRandom(identity.length),
    report: (event) => events.push(event),
  });
  elector.onChange((open) => told.push(open));
  const stop = new AbortController();
  const done = elector.run(stop.signal);
  return {
    elector,
    events,
    told,
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

const names = (candidate: Candidate) => candidate.events.map(({ event }) => event);

describe('LeaderElector', () => {
  it('does nothing before it runs, refuses unsound timings and an empty identity, and runs once', async () => {
    const { clock, server } = newWorld();
    const options = {
      lease: LEASE,
      identity: 'a',
      timings: LEASE_TIMINGS,
      clock,
      random: seededRandom(1),
      report: () => {},
    };
    const elector = new LeaderElector(server.client(), options);
    assert.equal(elector.budgetMs(), 0);
    assert.equal(elector.holder, null);
    assert.deepEqual([clock.pending, server.log.length], [0, 0]);
    const timings = { ...LEASE_TIMINGS, renewDeadlineMs: 20_000 };
    assert.throws(() => new LeaderElector(server.client(), { ...options, timings }), /leaseDuration/);
    assert.throws(
      () => new LeaderElector(server.client(), { ...options, identity: '' }),
      /identity is empty/,
    );
    await elector.run(AbortSignal.abort());
    assert.equal(await elector.release(new AbortController().signal), true);
    assert.equal(server.log.length, 0);
    await assert.rejects(elector.run(AbortSignal.abort()), /runs once/);
  });

  it('creates the Lease as client-go does, and renews it with acquireTime kept', async () => {
    const world = newWorld();
    const a = start(world, 'a');
    await world.clock.advance(0);
    const first = world.spec();
    assert.deepEqual(first, {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2023-11-14T22:13:20.000000Z',
      renewTime: '2023-11-14T22:13:20.000000Z',
    });
    assert.ok(a.elector.budgetMs() > 9_900);
    await world.clock.advance(20_000);
    assert.ok(a.elector.budgetMs() > 7_000);
    assert.equal(world.spec()['acquireTime'], first['acquireTime']);
    assert.match(String(world.spec()['renewTime']), /^2023-11-14T22:13:\d\d\.\d{6}Z$/);
    assert.notEqual(world.spec()['renewTime'], first['renewTime']);
    assert.equal(world.spec()['leaseTransitions'], 0);
    assert.deepEqual(names(a), ['leader.changed', 'leader.acquired']);
    assert.deepEqual(a.told, [true]);
    const writes = world.server.log.filter((line) => line.startsWith('replace')).length;
    assert.ok(writes >= 8 && writes <= 11, `${writes} renewals in 20 s`);
    assert.equal(
      world.server.log.filter((line) => line.startsWith('get')).length,
      1,
      'no read while it leads',
    );
    await a.stop();
    assert.equal(world.clock.pending, 0);
  });

  it('measures the budget from before the renewal was sent', async () => {
    const world = newWorld();
    const a = start(
      world,
      'a',
      () => 2_000,
      () => 1_000,
    );
    await world.clock.advance(6_000);
    assert.equal(a.elector.budgetMs(), 7_000, 'read 3 s, created in 3 s more');
    await a.stop();
  });

  it('leaves what it does not know alone: labels, strategy, preferredHolder', async () => {
    const world = newWorld();
    const kept = { strategy: 'example.com/mine', preferredHolder: 'z' };
    world.server.put(PATH, {
      metadata: { ...LEASE, labels: { team: 'net' } },
      spec: { ...kept, holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 4 },
    });
    const a = start(world, 'a');
    await world.clock.advance(5_000);
    const { strategy, preferredHolder, leaseTransitions, holderIdentity } = world.spec();
    assert.deepEqual(
      { strategy, preferredHolder, leaseTransitions, holderIdentity },
      {
        ...kept,
        leaseTransitions: 5,
        holderIdentity: 'a',
      },
    );
    const metadata = world.server.objects.get(PATH)?.['metadata'] as Record<string, unknown>;
    assert.deepEqual(metadata['labels'], { team: 'net' });
    await a.stop();
  });

  it('takes over a dead holder leaseDuration after its last change, whatever the times in the Lease say', async () => {
    for (const year of ['1999', '2099']) {
      const world = newWorld();
      const dead = { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 1 };
      const renewTime = `${year}-01-01T00:00:00.000000Z`;
      world.server.put(PATH, { metadata: LEASE, spec: { ...dead, acquireTime: renewTime, renewTime } });
      const a = start(world, 'a');
      await world.clock.advance(14_900);
      assert.equal(a.elector.budgetMs(), 0, year);
      assert.equal(a.elector.holder, 'dead');
      await world.clock.advance(400);
      assert.ok(a.elector.budgetMs() > 0, `${year}: soon after the end, not a whole period later`);
      assert.equal(world.spec()['leaseTransitions'], 2);
      assert.notEqual(world.spec()['acquireTime'], renewTime);
      await a.stop();
    }
  });

  it('closes at the deadline when the server is silent, and opens again when it answers', async () => {
    const world = newWorld();
    let silent = false;
    const a = start(world, 'a', () => (silent ? undefined : 1));
    await world.clock.advance(10);
    silent = true;
    await world.clock.advance(9_995);
    assert.equal(a.elector.budgetMs(), 0);
    assert.deepEqual(a.told, [true, false]);
    assert.deepEqual(names(a), ['leader.changed', 'leader.acquired', 'lease.failed', 'leader.lost']);
    assert.match(JSON.stringify(a.events), /could not be renewed for 10000 ms/);
    silent = false;
    await world.clock.advance(10_000);
    assert.ok(a.elector.budgetMs() > 0);
    assert.deepEqual(a.told, [true, false, true]);
    assert.equal(world.spec()['leaseTransitions'], 0, 'it was its Lease all the time');
    await a.stop();
  });

  it('renews several times before the deadline while renewals fail', async () => {
    const world = newWorld();
    const a = start(world, 'a');
    await world.clock.advance(10);
    const before = world.server.log.length;
    world.server.intercept = (verb) => (verb === 'get' ? undefined : new WriteError('failed', 'HTTP 500'));
    await world.clock.advance(8_000);
    const tries = world.server.log.slice(before).filter((line) => line.startsWith('replace')).length;
    assert.ok(tries >= 5 && tries <= 14, `${tries} tries`);
    world.server.intercept = undefined;
    await world.clock.advance(1_100);
    assert.ok(a.elector.budgetMs() > 8_000);
    assert.deepEqual(a.told, [true]);
    assert.equal(names(a).at(-1), 'lease.resumed');
    await a.stop();
  });

  it('renews at once after a conflict, and gives way at once to another holder', async () => {
    const world = newWorld();
    const a = start(world, 'a');
    await world.clock.advance(10);
    const lease = world.server.objects.get(PATH) ?? {};
    world.server.put(PATH, { ...lease, metadata: { ...LEASE, labels: { edited: 'yes' } } });
    await world.clock.advance(2_200);
    assert.ok(a.elector.budgetMs() > 7_700, 'a label changed by somebody costs nothing');
    assert.deepEqual(a.told, [true]);
    world.server.put(PATH, { metadata: LEASE, spec: { ...world.spec(), holderIdentity: 'thief' } });
    await world.clock.advance(2_200);
    assert.equal(a.elector.budgetMs(), 0);
    assert.equal(a.elector.holder, 'thief');
    assert.match(JSON.stringify(a.events), /held by thief now/);
    await a.stop();
  });

  it('makes a deleted Lease again, and a standby does not take it before the holder must have ended', async () => {
    const world = newWorld();
    let silent = false;
    const a = start(world, 'a', () => (silent ? undefined : 1));
    await world.clock.advance(100);
    const b = start(world, 'bb');
    await world.clock.advance(100);
    world.server.objects.delete(PATH);
    silent = true;
    await world.clock.advance(9_500);
    assert.equal(b.elector.budgetMs(), 0);
    await world.clock.advance(6_000);
    assert.equal(a.elector.budgetMs(), 0);
    assert.ok(b.elector.budgetMs() > 0);
    world.server.objects.delete(PATH);
    await world.clock.advance(2_300);
    assert.equal(world.spec()['holderIdentity'], 'bb');
    assert.deepEqual(b.told, [true]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('releases after it ended, so that the next needs no waiting; an abort closes the gate at once', async () => {
    const world = newWorld();
    const a = start(world, 'a');
    await world.clock.advance(100);
    const b = start(world, 'bb');
    await world.clock.advance(5_000);
    const { signal } = new AbortController();
    await assert.rejects(a.elector.release(signal), /before run\(\) has ended/);
    const stopped = a.stop();
    assert.equal(a.elector.budgetMs(), 0);
    assert.deepEqual(a.told, [true, false]);
    await stopped;
    assert.equal(world.spec()['holderIdentity'], 'a', 'writes may be under way');
    assert.equal(await a.elector.release(signal), true);
    const { holderIdentity, leaseDurationSeconds, leaseTransitions } = world.spec();
    assert.deepEqual(
      { holderIdentity, leaseDurationSeconds, leaseTransitions },
      {
        holderIdentity: '',
        leaseDurationSeconds: 1,
        leaseTransitions: 0,
      },
    );
    assert.deepEqual(names(a).slice(-2), ['leader.changed', 'leader.released']);
    await world.clock.advance(2_400);
    assert.ok(b.elector.budgetMs() > 0);
    assert.equal(world.spec()['leaseTransitions'], 1);
    assert.equal(await a.elector.release(signal), true, 'twice is once');
    assert.equal(world.spec()['holderIdentity'], 'bb', 'what is another’s is left alone');
    await b.stop();
    assert.equal(world.clock.pending, 0);
  });

  it('gives up a release that gets no answer, and says so', async () => {
    const world = newWorld();
    let silent = false;
    const a = start(world, 'a', () => (silent ? undefined : 1));
    await world.clock.advance(100);
    await a.stop();
    silent = true;
    const released = a.elector.release(new AbortController().signal);
    await world.clock.advance(10_000);
    assert.equal(await released, false);
    assert.equal(names(a).at(-1), 'lease.failed');
    assert.equal(world.clock.pending, 0);
  });

  it('reports a missing permission once, asks ever less often, and leads when it is granted', async () => {
    const world = newWorld();
    world.server.intercept = () => new WriteError('forbidden', 'leases is forbidden');
    const a = start(world, 'a');
    await world.clock.advance(60_000);
    assert.deepEqual(a.events, [
      {
        event: 'lease.failed',
        lease: 'calico-system/fedsyncd',
        problem: 'forbidden',
        message: 'leases is forbidden',
      },
    ]);
    assert.ok(world.server.log.length <= 12, `${world.server.log.length} requests in a minute`);
    world.server.intercept = undefined;
    await world.clock.advance(15_000);
    assert.ok(a.elector.budgetMs() > 0);
    assert.deepEqual(names(a), ['lease.failed', 'leader.changed', 'leader.acquired', 'lease.resumed']);
    await a.stop();
  });

  it('takes a Lease whose claim was accepted but not answered as its own only after a confirmed one', async () => {
    const world = newWorld();
    let answers = 0;
    const a = start(
      world,
      'a',
      () => 1,
      () => (++answers === 2 ? undefined : 1),
    );
    await world.clock.advance(4_000);
    assert.equal(world.spec()['holderIdentity'], 'a');
    assert.equal(a.elector.budgetMs(), 0);
    await world.clock.advance(6_000);
    assert.ok(a.elector.budgetMs() > 0);
    assert.equal(world.spec()['leaseTransitions'], 0);
    await a.stop();
  });

  it('makes every renewal a change, even while its wall clock stands still', async () => {
    const world = newWorld();
    world.clock.now = () => 1_700_000_000_000;
    const a = start(world, 'a');
    await world.clock.advance(10);
    const b = start(world, 'bb');
    await world.clock.advance(60_000);
    assert.deepEqual([a.told, b.told], [[true], []]);
    await Promise.all([a.stop(), b.stop()]);
  });
});

describe('openGate', () => {
  it('is always open with a constant budget', () => {
    const gate = openGate('only-me', 30_000);
    assert.equal(gate.budgetMs(), 30_000);
    assert.equal(gate.holder, 'only-me');
    gate.onChange(() => assert.fail())();
  });
});
