import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { DatastoreError } from '../../src/contract/datastore-error.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { ListPlaces } from '../../src/sync/list-places.ts';
import { Reflector, type ReflectorFailure, type ReflectorTimings } from '../../src/sync/reflector.ts';
import type { ResourceEvent } from '../../src/sync/resource-phase.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDatastore, FakeSource, forbidden, unreachable } from '../support/fake-datastore.ts';
import { ModelStore } from '../support/fake-replica.ts';

const timings: ReflectorTimings = {
  idleMs: 60_000,
  firstRetryMs: 500,
  maxRetryMs: 30_000,
  forbiddenRetryMs: 60_000,
  shortWatchMs: 1_000,
};

interface Rig {
  readonly clock: FakeClock;
  readonly source: FakeSource;
  readonly datastore: FakeDatastore;
  readonly store: ModelStore;
  readonly events: ResourceEvent[];
  readonly failures: ReflectorFailure[];
  readonly stop: () => Promise<void>;
}

const open: Rig[] = [];

type Prepare = (source: FakeSource, datastore: FakeDatastore) => void;

function start(prepare: Prepare = () => undefined, lists: Gate = new Gate(4)): Rig {
  const clock = new FakeClock();
  const source = new FakeSource();
  const datastore = new FakeDatastore(new Map([['ippools', source]]));
  prepare(source, datastore);
  const store = new ModelStore();
  const events: ResourceEvent[] = [];
  const failures: ReflectorFailure[] = [];
  const reflector = new Reflector({
    datastore,
    resource: 'ippools',
    store,
    timings,
    clock,
    random: seededRandom(7),
    lists: new ListPlaces(lists, 'east'),
    observer: {
      event: (event, failure) => {
        events.push(event);
        if (failure) failures.push(failure);
      },
      contact: () => undefined,
      listed: () => undefined,
      note: () => undefined,
    },
  });
  const controller = new AbortController();
  const running = reflector.run(controller.signal);
  const rig: Rig = {
    clock,
    source,
    datastore,
    store,
    events,
    failures,
    stop: async () => {
      controller.abort(new Error('test over'));
      await running;
    },
  };
  open.push(rig);
  return rig;
}

function truth(source: FakeSource): Record<string, string> {
  return Object.fromEntries([...source.objects].map(([name, { cidr }]): [string, string] => [name, cidr]));
}

function known(store: ModelStore): Record<string, string> {
  return Object.fromEntries(store.objects);
}

afterEach(async () => {
  for (const rig of open.splice(0)) {
    await rig.stop();
    assert.equal(rig.clock.pending, 0, 'a stopped reflector leaves no timer');
    assert.equal(rig.source.watchers.size, 0, 'a stopped reflector leaves no watch');
  }
});

describe('reflector', () => {
  it('lists, then follows puts and deletes', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(0);
    rig.source.put('b', '10.1.0.0/16');
    rig.source.delete('a');
    assert.deepEqual(known(rig.store), { b: '10.1.0.0/16' });
    assert.equal(rig.datastore.lists, 1);
  });

  it('stays in sync when a healthy watch is cut, and resumes without a list', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(5_000);
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    rig.source.put('b', '10.1.0.0/16');
    await rig.clock.advance(1_000);
    assert.deepEqual(known(rig.store), truth(rig.source));
    assert.equal(rig.datastore.lists, 1);
    assert.deepEqual(rig.failures, []);
  });

  it('reports the first failed reconnect and keeps what it knows', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(5_000);
    rig.datastore.watchFault = unreachable;
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    await rig.clock.advance(2_000);
    assert.equal(rig.failures[0]?.reason, 'ConnectionRefused');
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' });
    rig.datastore.watchFault = undefined;
    rig.source.delete('a');
    await rig.clock.advance(60_000);
    assert.deepEqual(known(rig.store), {});
  });

  it('lists again after compaction and sends only the difference', async () => {
    const rig = start((source) => {
      source.put('a', '10.0.0.0/16');
      source.put('b', '10.1.0.0/16');
    });
    await rig.clock.advance(5_000);
    rig.datastore.watchFault = unreachable;
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    await rig.clock.advance(1_000);
    rig.source.delete('a');
    rig.source.put('c', '10.2.0.0/16');
    rig.source.compact();
    rig.datastore.watchFault = undefined;
    await rig.clock.advance(60_000);
    assert.deepEqual(known(rig.store), truth(rig.source));
    assert.deepEqual(rig.store.deleted, ['a']);
    assert.ok(rig.events.includes('expired'));
  });

  it('deletes nothing when a list breaks off in the middle', async () => {
    const rig = start((source) => {
      source.put('a', '10.0.0.0/16');
      source.put('b', '10.1.0.0/16');
    });
    await rig.clock.advance(5_000);
    rig.source.compact();
    rig.source.revision++;
    rig.source.compact();
    let calls = 0;
    rig.datastore.listFault = () => {
      if (++calls % 2 === 0) unreachable();
    };
    rig.datastore.cut(undefined);
    await rig.clock.advance(20_000);
    assert.ok(calls > 2, 'the list was tried and broke off');
    assert.deepEqual(rig.store.deleted, []);
    rig.datastore.listFault = undefined;
    await rig.clock.advance(60_000);
    assert.deepEqual(known(rig.store), truth(rig.source));
  });

  it('gives up a watch that shows no sign of life', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(59_000);
    assert.equal(rig.datastore.watches, 1);
    await rig.clock.advance(5_000);
    assert.equal(rig.failures[0]?.reason, 'Timeout');
    assert.equal(rig.datastore.watches, 2);
    assert.equal(rig.datastore.lists, 1);
  });

  it('gives up a list that looks alive and brings no object, not one that is slow', async () => {
    const rig = start((source, datastore) => {
      source.put('a', '10.0.0.0/16');
      const list = datastore.list.bind(datastore);
      let lists = 0;
      datastore.list = async (request) => {
        if (lists++ === 0) return list(request);
        const { sink, signal } = request;
        // The second list drips for ever, the third brings an object every nine minutes.
        if (lists === 2) for (;;) await rig.clock.sleep(1_000, signal).then(() => sink.contact());
        for (let i = 0; i < 3; i++) {
          for (let s = 0; s < 540; s++) await rig.clock.sleep(1_000, signal).then(() => sink.contact());
          sink.apply([]);
        }
        return list(request);
      };
    });
    await rig.clock.advance(5_000);
    rig.datastore.cut(new DatastoreError('relist', 'Compacted', 'gone'));
    await rig.clock.advance(599_000);
    rig.source.put('b', '10.1.0.0/16');
    assert.deepEqual(rig.failures, []);
    await rig.clock.advance(2_000);
    assert.deepEqual(
      rig.failures.map(({ reason, message }) => [reason, message]),
      [['Timeout', 'the list brought no object for 600 s']],
    );
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' });
    await rig.clock.advance(1_640_000);
    assert.equal(rig.failures.length, 1);
    assert.deepEqual(known(rig.store), truth(rig.source));
  });

  it('backs off with jitter, never tighter than half a step, never beyond the maximum', async () => {
    const rig = start((_source, datastore) => {
      datastore.listFault = unreachable;
    });
    await rig.clock.advance(600_000);
    const waits = rig.failures.map((failure) => failure.retryInMs);
    assert.ok(waits.length > 15 && waits.length < 60, `${waits.length} attempts in ten minutes`);
    for (const [i, wait] of waits.entries()) {
      const step = Math.min(30_000, 500 * 2 ** i);
      assert.ok(wait >= step / 2 && wait <= step, `attempt ${i}: ${wait}`);
    }
  });

  it('retries slowly what is forbidden and keeps what it knew', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(0);
    rig.source.compact();
    rig.source.revision++;
    rig.source.compact();
    rig.datastore.listFault = forbidden;
    rig.datastore.cut(undefined);
    await rig.clock.advance(300_000);
    assert.ok(rig.failures.length >= 4 && rig.failures.length <= 16, `${rig.failures.length} attempts`);
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' });
    assert.equal(rig.events.at(-1) === 'forbidden' || rig.events.at(-1) === 'list', true);
  });

  it('lists at once where the resume point is gone after a long outage', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(5_000);
    rig.datastore.watchFault = unreachable;
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    await rig.clock.advance(60_000);
    rig.source.put('b', '10.1.0.0/16');
    rig.source.compact();
    rig.datastore.watchFault = undefined;
    for (let ms = 0; ms < 31_000 && !rig.events.includes('expired'); ms += 50) await rig.clock.advance(50);
    await rig.clock.advance(50);
    assert.deepEqual(known(rig.store), truth(rig.source));
  });

  it('asks soon again for what was granted a moment ago', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(0);
    rig.datastore.watchFault = forbidden;
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    await rig.clock.advance(2_500);
    rig.datastore.watchFault = undefined;
    rig.source.put('b', '10.1.0.0/16');
    await rig.clock.advance(4_000);
    assert.deepEqual(known(rig.store), truth(rig.source));
  });

  it('asks a server that starts after a long outage as soon as that wants', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(5_000);
    rig.datastore.watchFault = unreachable;
    rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    await rig.clock.advance(300_000);
    assert.ok((rig.failures.at(-1)?.retryInMs ?? 0) >= 15_000);
    const starting = rig.failures.length;
    rig.datastore.watchFault = () => {
      throw new DatastoreError('retry', 'Overloaded', 'storage is (re)initializing', { retryAfterMs: 1_000 });
    };
    await rig.clock.advance(34_000);
    const waits = rig.failures.slice(starting).map(({ retryInMs }) => retryInMs);
    assert.equal(waits[0], 1_000);
    assert.ok((waits[1] ?? Infinity) <= 1_000, String(waits[1]));
    // It is not hammered for that, nor when it comes and goes.
    assert.ok((waits.at(-1) ?? 0) >= 4_000, String(waits));
    rig.datastore.watchFault = unreachable;
    await rig.clock.advance(60_000);
    assert.ok((rig.failures.at(-1)?.retryInMs ?? 0) >= 15_000);
  });

  it('does not hammer a server that ends every watch at once', async () => {
    const rig = start((_source, datastore) => {
      datastore.watchesEndAtOnce = true;
    });
    for (let i = 0; i < 200; i++) await rig.clock.advance(50);
    assert.ok(
      rig.datastore.watches > 2 && rig.datastore.watches < 20,
      `${rig.datastore.watches} watches in 10 s`,
    );
  });

  it('lists again after five failures at one revision, and not when the watch makes progress between', async () => {
    const reset = new DatastoreError('retry', 'Unreachable', 'connection reset');
    for (const progress of [false, true]) {
      const rig = start();
      await rig.clock.advance(100);
      for (let i = 0; i < 12; i++) {
        const { watches } = rig.datastore;
        rig.datastore.cut(reset);
        for (let ms = 0; ms < 31_000 && rig.datastore.watches === watches; ms += 100)
          await rig.clock.advance(100);
        if (progress) rig.source.put('a', `10.${i}.0.0/16`);
      }
      assert.equal(rig.datastore.lists > 1, !progress, `${rig.datastore.lists} lists, progress: ${progress}`);
    }
  });

  it('takes no notice of a healthy watch that is cut again and again without a new revision', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    for (let i = 0; i < 20; i++) {
      await rig.clock.advance(30_000);
      rig.datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    }
    assert.deepEqual(rig.failures, []);
    assert.equal(rig.datastore.lists, 1);
  });

  it('gives its place among the lists back while nothing is answered', async () => {
    const lists = new Gate(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const rig = start((_source, datastore) => {
      const list = datastore.list.bind(datastore);
      datastore.list = async (request) => {
        await promise;
        return list(request);
      };
    }, lists);
    await rig.clock.advance(0);
    const next = lists.enter(AbortSignal.timeout(10_000));
    await rig.clock.advance(3_000);
    (await next)();
    resolve();
    rig.source.put('a', '10.0.0.0/16');
    await rig.clock.advance(0);
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' }, 'the list itself goes on');
  });

  it('holds up nobody else while its lists fail again and again', async () => {
    const lists = new Gate(1);
    const rig = start((_source, datastore) => {
      datastore.listFault = unreachable;
    }, lists);
    await rig.clock.advance(3_000);
    const leave = await lists.enter(AbortSignal.timeout(1_000));
    rig.datastore.listFault = undefined;
    rig.source.put('a', '10.0.0.0/16');
    await rig.clock.advance(10_000);
    leave();
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' });
  });

  it('asks for nothing older than what it saw, unless the server never gets there', async () => {
    const rig = start((source) => source.put('a', '10.0.0.0/16'));
    await rig.clock.advance(100);
    rig.source.put('b', '10.1.0.0/16');
    const seen = String(rig.source.revision);
    rig.datastore.listFault = () => {
      throw new DatastoreError('relist', 'Compacted', 'too large resource version');
    };
    rig.datastore.cut(new DatastoreError('relist', 'Compacted', 'gone'));
    await rig.clock.advance(60_000);
    assert.deepEqual(rig.datastore.notOlderThan.slice(0, 3), [undefined, seen, seen]);
    assert.equal(rig.datastore.notOlderThan.at(-1), undefined);
  });

  it('looks again at what is absent, and holds no place among the lists meanwhile', async () => {
    const lists = new Gate(1);
    const rig = start((_source, datastore) => {
      datastore.absent = true;
    }, lists);
    await rig.clock.advance(1_000);
    assert.equal(rig.events.at(-1), 'absent');
    const leave = await lists.enter(AbortSignal.timeout(1_000));
    leave();
    rig.datastore.absent = false;
    rig.source.put('a', '10.0.0.0/16');
    await rig.clock.advance(31_000);
    assert.deepEqual(known(rig.store), { a: '10.0.0.0/16' });
  });

  it('waits for its turn to list', async () => {
    const lists = new Gate(1);
    const leave = await lists.enter(AbortSignal.timeout(1_000));
    const rig = start(undefined, lists);
    await rig.clock.advance(10_000);
    assert.equal(rig.datastore.lists, 0);
    leave();
    await rig.clock.advance(0);
    assert.equal(rig.datastore.lists, 1);
  });

  it('equals the source after any history of puts, deletes, cuts, compactions and failures', async () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c', 'd'), n: fc.nat(9) }),
      fc.record({ op: fc.constant('delete' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
      fc.record({ op: fc.constantFrom('compact', 'cut', 'end', 'down', 'up', 'breakLists', 'wait') }),
    );
    const seed = process.env['PBT_SEED'];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (history) => {
        const rig = start();
        for (const action of history) {
          perform(rig, action);
          await rig.clock.advance(200);
        }
        perform(rig, { op: 'up' });
        await rig.clock.advance(120_000);
        assert.deepEqual(known(rig.store), truth(rig.source));
      }),
      { numRuns: Number(process.env['PBT_NUM_RUNS'] ?? 300), ...(seed ? { seed: Number(seed) } : {}) },
    );
  });
});

function perform(rig: Rig, action: { op: string; name?: string; n?: number }): void {
  const { source, datastore } = rig;
  switch (action.op) {
    case 'put':
      return source.put(action.name ?? 'a', `10.${action.n}.0.0/16`);
    case 'delete':
      return source.delete(action.name ?? 'a');
    case 'compact':
      return source.compact();
    case 'cut':
      return datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    case 'end':
      return datastore.cut(undefined);
    case 'down':
      datastore.watchFault = datastore.listFault = unreachable;
      return datastore.cut(new DatastoreError('retry', 'Unreachable', 'connection reset'));
    case 'up':
      datastore.watchFault = datastore.listFault = undefined;
      return undefined;
    case 'breakLists': {
      let calls = 0;
      datastore.listFault = () => {
        if (++calls % 2 === 0) unreachable();
      };
      return undefined;
    }
    default:
      return undefined;
  }
}
