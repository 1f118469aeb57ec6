import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../src/runtime/gate.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { ListPlaces } from '../../src/sync/list-places.ts';
import { Reflector } from '../../src/sync/reflector.ts';
import { within } from '../rig/deadline.ts';
import { FakeClock, turn } from '../support/fake-clock.ts';
import { FakeDatastore, FakeSource } from '../support/fake-datastore.ts';
import { ModelStore } from '../support/fake-replica.ts';

const never = new AbortController().signal;
const RESOURCES = 8;
const timings = {
  idleMs: 60_000,
  firstRetryMs: 500,
  maxRetryMs: 30_000,
  forbiddenRetryMs: 60_000,
  shortWatchMs: 1_000,
};

/** Clusters that start at once, of which some answer no list, with eight places for all. */
class Fleet {
  readonly clock = new FakeClock();
  /** When each healthy list was complete. */
  readonly listedAt: number[] = [];
  readonly #gate = new Gate(8);
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  add(name: string, hangs: boolean): void {
    const places = new ListPlaces(this.#gate, name);
    for (let n = 0; n < RESOURCES; n++) this.#running.push(this.#reflector(places, hangs));
  }

  #reflector(lists: ListPlaces, hangs: boolean): Promise<void> {
    const { clock } = this;
    const source = new FakeSource();
    source.put('a', '10.0.0.0/16');
    const datastore = new FakeDatastore(new Map([['ippools', source]]));
    if (hangs) datastore.list = ({ signal }) => clock.sleep(1e9, signal).then(() => ({ revision: '' }));
    const ignore = (): void => undefined;
    const reflector = new Reflector({
      datastore,
      resource: 'ippools',
      store: new ModelStore(),
      observer: {
        event: ignore,
        contact: ignore,
        listed: () => this.listedAt.push(clock.monotonic()),
        note: ignore,
      },
      timings,
      clock,
      random: seededRandom(7),
      lists,
    });
    return reflector.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('test over'));
    await Promise.all(this.#running);
  }
}

describe('places among the lists', () => {
  it('that hang keep clusters that answer waiting for seconds, not for a minute', async () => {
    const fleet = new Fleet();
    for (let i = 0; i < 60; i++) fleet.add(`hanging-${i}`, true);
    for (let i = 0; i < 40; i++) fleet.add(`healthy-${i}`, false);
    await fleet.clock.advance(10_000);
    assert.equal(fleet.listedAt.length, 40 * RESOURCES);
    await fleet.stop();
  });

  it('who waits goes by the side door when another list of the same datastore gets no answer', async () => {
    const gate = new Gate(1);
    const [hanging, other] = [new ListPlaces(gate, 'hanging'), new ListPlaces(gate, 'other')];
    const leave = await hanging.enter(never, false);
    const second = hanging.enter(never, false);
    let admitted = false;
    const third = other.enter(never, false).then((leaveIt) => {
      admitted = true;
      return leaveIt;
    });
    hanging.silent();
    (await within('the second by the side door', second))();
    await turn();
    assert.equal(admitted, false, 'the other waits for the place itself');
    leave();
    (await third)();
    hanging.answered();
    const [a, b] = await Promise.all([hanging.enter(never, false), other.enter(never, true)]);
    a();
    b();
  });

  it('are not waited for by who gave up', async () => {
    const gate = new Gate(1);
    const places = new ListPlaces(gate, 'a');
    const leave = await places.enter(never, false);
    const stop = new AbortController();
    const reason = new Error('given up');
    const waiting = places.enter(stop.signal, false);
    stop.abort(reason);
    await assert.rejects(waiting, reason);
    leave();
    (await places.enter(never, false))();
  });
});
