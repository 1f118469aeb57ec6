import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { PreparedDatastore } from '../../src/contract/adapter.ts';
import type { DaemonEvent } from '../../src/contract/event.ts';
import type { Resource } from '../../src/model/kind.ts';
import { Session } from '../../src/sync/session.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDatastore, FakeSource, unreachable } from '../support/fake-datastore.ts';
import { ModelReplica } from '../support/fake-replica.ts';
import { engineContext } from '../support/engine-context.ts';

interface Rig {
  readonly clock: FakeClock;
  readonly session: Session;
  readonly etcd: FakeDatastore;
  readonly kubernetes: FakeDatastore;
  readonly events: DaemonEvent[];
  /** The identities of each question for admission. */
  readonly asked: (readonly string[])[];
}

function prepared(datastore: FakeDatastore): PreparedDatastore {
  const { type } = datastore;
  return { type, fingerprint: type, files: [], open: () => datastore, check: async function* () {} };
}

function datastore(resource: Resource, type: 'etcdv3' | 'kubernetes'): FakeDatastore {
  const made = new FakeDatastore(new Map([[resource, new FakeSource()]]), type);
  made.identities = [type];
  return made;
}

/** A session with two datastores. */
function rig(test: TestContext): Rig {
  const clock = new FakeClock();
  const etcd = datastore('ippools', 'etcdv3');
  const kubernetes = datastore('services', 'kubernetes');
  const events: DaemonEvent[] = [];
  const asked: (readonly string[])[] = [];
  const session = new Session({
    cluster: 'east',
    datastores: [prepared(etcd), prepared(kubernetes)],
    replica: new ModelReplica('east'),
    staged: false,
    context: engineContext(clock, 5, events),
    onChange: () => undefined,
    admit: (of) => {
      asked.push(of.identities);
      return true;
    },
  });
  test.after(() => session.stop());
  return { clock, session, etcd, kubernetes, events, asked };
}

describe('session with two datastores', () => {
  it('asks to be admitted when both said who they are', async (test) => {
    const { clock, session, kubernetes, etcd, asked } = rig(test);
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    kubernetes.identify = () => promise;
    session.start();
    await clock.advance(1_000);
    assert.deepEqual([asked, etcd.lists], [[], 0]);
    resolve(['kubernetes']);
    await clock.advance(0);
    assert.deepEqual(asked[0], ['etcdv3', 'kubernetes']);
    assert.equal(session.settled, true);
  });

  it('is not held up by one that does not answer', async (test) => {
    const { clock, session, kubernetes, etcd } = rig(test);
    kubernetes.identifyFault = unreachable;
    session.start();
    await clock.advance(100);
    assert.equal(etcd.watches, 1);
    assert.equal(session.settled, false);
  });

  it('is as old as the datastore that is silent for longer', async (test) => {
    const { clock, session, kubernetes, etcd } = rig(test);
    session.start();
    await clock.advance(0);
    const lost = clock.now();
    kubernetes.watchFault = unreachable;
    kubernetes.cut(undefined);
    for (let i = 0; i < 60; i++) {
      await clock.advance(1_000);
      etcd.sources.get('ippools')?.put('p', `10.${i}.0.0/16`);
    }
    assert.equal(session.lastContact, lost);
  });

  it('names a defect of one datastore, and goes on with the other', async (test) => {
    const { clock, session, kubernetes, etcd, events } = rig(test);
    kubernetes.close = () => Promise.reject(new Error('a defect'));
    session.start();
    await clock.advance(100);
    assert.equal(etcd.watches, 1);
    await session.stop();
    assert.ok(events.some((e) => e.event === 'internal.error' && e.message.includes('a defect')));
    assert.equal(etcd.closed, true);
  });
});
