import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PreparedDatastore } from '../../src/contract/adapter.ts';
import type { DaemonEvent } from '../../src/contract/event.ts';
import { LocalReplication } from '../../src/sync/local-replication.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDatastore, FakeSource, forbidden, unreachable } from '../support/fake-datastore.ts';
import { ModelReplicas } from '../support/fake-replica.ts';
import { within } from '../rig/deadline.ts';
import { engineContext } from '../support/engine-context.ts';

interface Rig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly datastore: FakeDatastore;
  readonly source: FakeSource;
  readonly replicas: ModelReplicas;
  readonly replication: LocalReplication;
  readonly events: DaemonEvent[];
  /** Status and reason of each report. */
  statuses(): string[];
  run(): void;
  stop(): Promise<void>;
}

/** Over a source of pools: the model of the write side knows no others. */
function rig(): Rig {
  const clock = new FakeClock();
  const source = new FakeSource();
  const datastore = new FakeDatastore(new Map([['ippools', source]]));
  let opened = 0;
  const services: PreparedDatastore = {
    type: 'kubernetes',
    fingerprint: 'f',
    files: [],
    open: () => {
      opened++;
      return datastore;
    },
    check: async function* () {},
  };
  const replicas = new ModelReplicas();
  const events: DaemonEvent[] = [];
  const replication = new LocalReplication({
    services,
    replicas,
    context: engineContext(clock, 5, events),
  });
  assert.equal(opened, 0);
  assert.equal(clock.pending, 0, 'constructing starts nothing');
  const controller = new AbortController();
  let running: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    controller.abort(new Error('test over'));
    await within('it ends', running ?? Promise.resolve());
    assert.equal(clock.pending, 0, 'no timer is left');
  };
  return {
    clock,
    datastore,
    source,
    replicas,
    replication,
    events,
    statuses: () =>
      events.flatMap((event) =>
        event.event === 'cluster.status' ? [`${event.status}/${event.reason}`] : [],
      ),
    run: () => {
      running = replication.run(controller.signal);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function objects({ replicas }: Rig): Record<string, string> {
  return Object.fromEntries(replicas.last.resource('ippools').objects);
}

describe('local replication', () => {
  it('follows the local cluster under a name that no RCC can have, and keeps the data when it stops', async () => {
    await using local = rig();
    local.source.put('one', '10.1.0.0/16');
    local.run();
    await local.clock.advance(1_000);
    assert.equal(local.replicas.last.cluster, '(local)');
    assert.deepEqual(objects(local), { one: '10.1.0.0/16' });
    local.source.put('two', '10.2.0.0/16');
    await local.clock.advance(1);
    assert.deepEqual(Object.keys(objects(local)), ['one', 'two']);
    assert.deepEqual(
      local.replication.statuses().map(({ status }) => status),
      ['InSync'],
    );
    assert.deepEqual(local.statuses(), ['Connecting/Starting', 'ResyncInProgress/Listing', 'InSync/Synced']);
    assert.ok(local.events.every((event) => 'cluster' in event && event.cluster === '(local)'));
    await local.stop();
    assert.deepEqual(Object.keys(objects(local)), ['one', 'two']);
    assert.equal(local.replicas.last.dropped, false);
    assert.ok(local.datastore.closed);
  });

  it('says what it retains when it is settled, and only then', async () => {
    await using local = rig();
    local.replicas.last.resource('hostendpoints');
    local.datastore.listFault = unreachable;
    local.run();
    await local.clock.advance(2_000);
    assert.ok(local.replicas.last.stores.has('hostendpoints'));
    local.datastore.listFault = undefined;
    await local.clock.advance(10_000);
    assert.deepEqual([...local.replicas.last.stores.keys()], ['ippools']);
  });

  it('keeps the data through an outage, and says so', async () => {
    await using local = rig();
    local.source.put('one', '10.1.0.0/16');
    local.run();
    await local.clock.advance(1_000);
    const before = local.replication.lastContact;
    local.datastore.watchFault = unreachable;
    local.datastore.identifyFault = unreachable;
    local.datastore.cut(new Error('cut'));
    await local.clock.advance(60_000);
    assert.equal(local.statuses().at(-1), 'NotConnecting/ConnectionRefused');
    assert.deepEqual(objects(local), { one: '10.1.0.0/16' });
    assert.equal(local.replication.lastContact, before);
    local.datastore.watchFault = undefined;
    local.datastore.identifyFault = undefined;
    await local.clock.advance(60_000);
    assert.equal(local.statuses().at(-1), 'InSync/Synced');
  });

  it('needs no identity: an account that may not read it is served too', async () => {
    await using local = rig();
    local.source.put('one', '10.1.0.0/16');
    local.datastore.identities = [];
    local.run();
    await local.clock.advance(1_000);
    assert.deepEqual(objects(local), { one: '10.1.0.0/16' });
  });

  it('names what may not be read', async () => {
    await using local = rig();
    local.datastore.listFault = forbidden;
    local.run();
    await local.clock.advance(1_000);
    assert.ok(
      local.events.some((event) => event.event === 'resource.failed' && event.reason === 'Forbidden'),
    );
  });

  it('does nothing under a signal that is aborted already', async () => {
    const local = rig();
    await local.replication.run(AbortSignal.abort());
    assert.equal(local.datastore.lists, 0);
    assert.deepEqual(local.events, []);
  });
});
