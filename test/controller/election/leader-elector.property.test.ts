import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { LeaderElector } from '../../../src/controller/election/leader-elector.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { type Random, seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Exclusion } from './exclusion.ts';
import { type Delay, SimulatedServer } from './simulated-api.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['PBT_NUM_RUNS'] ?? 60);
/** Little room between the two, so that small mistakes show. The clocks' rates differ by less. */
const TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 14_000, retryPeriodMs: 2_000 };
const LEASE = { namespace: 'calico-system', name: 'fedsyncd' };

/** A machine whose clock is wrong by `skewMs`, and fast or slow by `rate`. */
function machineClock(base: FakeClock, skewMs: number, rate: number): Clock {
  return {
    now: () => base.now() * rate + skewMs,
    monotonic: () => base.monotonic() * rate,
    sleep: (ms, signal) => base.sleep(ms / rate, signal),
    after: (ms, run) => base.after(ms / rate, run),
  };
}

/** Mostly quick, sometimes slower than any timeout, sometimes lost. */
function network(random: Random, badness: () => number): Delay {
  return () => {
    const bad = random() < badness();
    if (!bad) return random() * 50;
    const kind = random();
    return kind < 0.3 ? undefined : kind * 10_000;
  };
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('start' as const),
      rate: fc.double({ min: 0.98, max: 1.02, noNaN: true }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('kill' as const), which: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('stop' as const), which: fc.nat(3) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constant('network' as const),
      which: fc.nat(3),
      badness: fc.constantFrom(0, 0.3, 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('relabel' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Running {
  /** Share of its messages that are slow or lost. */
  badness: number;
  readonly elector: LeaderElector;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

class World {
  readonly clock = new FakeClock();
  readonly exclusion = new Exclusion();
  readonly server = new SimulatedServer(this.clock);
  readonly #random: Random;
  readonly #running: Running[] = [];
  readonly #ending: Promise<unknown>[] = [];
  #started = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async play(step: Step): Promise<void> {
    if (step.op === 'wait') await this.#wait(step.ms);
    else if (step.op === 'start' && this.#running.length < 3) this.start(step.rate);
    else if (step.op === 'kill') this.#kill(step.which);
    else if (step.op === 'stop') this.#stop(step.which);
    else if (step.op === 'network') this.#spoil(step.which, step.badness);
    else if (step.op === 'relabel') this.#relabel();
  }

  start(rate: number): void {
    const random = this.#random;
    let running: Running | undefined;
    const way = network(random, () => running?.badness ?? 0);
    const elector = new LeaderElector(this.server.client(way, way), {
      lease: LEASE,
      identity: `pod-${++this.#started}`,
      timings: TIMINGS,
      clock: machineClock(this.clock, (random() - 0.5) * 1e9, rate),
      random,
      report: () => {},
    });
    this.exclusion.add(elector);
    const stop = new AbortController();
    running = { elector, stop, badness: 0, done: elector.run(stop.signal) };
    this.#running.push(running);
  }

  /** All is well again: somebody leads in time. */
  async settle(): Promise<void> {
    for (const running of this.#running) running.badness = 0;
    if (this.#running.length === 0) this.start(1);
    await this.#wait(60_000);
    assert.ok(this.exclusion.leader, 'nobody leads after a minute of good network');
    while (this.#running.length > 0) this.#stop(0);
    await this.#wait(40_000);
    await Promise.all(this.#ending);
  }

  async #wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      await this.clock.advance(Math.min(500, left));
      this.exclusion.look();
    }
  }

  #spoil(which: number, badness: number): void {
    const running = this.#running[which % Math.max(1, this.#running.length)];
    if (running) running.badness = badness;
  }

  #take(which: number): Running | undefined {
    return this.#running.splice(which % Math.max(1, this.#running.length), 1)[0];
  }

  /** kill -9: no release; what is under way may still arrive. */
  #kill(which: number): void {
    const victim = this.#take(which);
    if (!victim) return;
    this.exclusion.remove(victim.elector);
    victim.stop.abort();
    this.#ending.push(victim.done);
  }

  #stop(which: number): void {
    const victim = this.#take(which);
    if (!victim) return;
    victim.stop.abort();
    this.#ending.push(victim.done.then(() => victim.elector.release(new AbortController().signal)));
  }

  /** Somebody edits metadata: the resourceVersion changes, the claim does not. */
  #relabel(): void {
    for (const [path, lease] of this.server.objects) this.server.put(path, lease);
  }
}

describe(`LeaderElector under random delays, losses, kills and wrong clocks (PBT_SEED=${seed})`, () => {
  it('never has two with a budget at one moment, and has one again when all is well', async () => {
    let terms = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(step, { minLength: 5, maxLength: 30 }),
        async (chance, steps) => {
          const world = new World(seededRandom(chance));
          world.start(1);
          world.start(0.98);
          for (const next of steps) await world.play(next);
          await world.settle();
          world.exclusion.assertHeld();
          assert.equal(world.clock.pending, 0, 'a timer is left');
          terms += world.exclusion.terms.length;
        },
      ),
      { seed, numRuns },
    );
    assert.ok(terms > numRuns * 1.5, `only ${terms} terms in ${numRuns} histories`);
  });
});
