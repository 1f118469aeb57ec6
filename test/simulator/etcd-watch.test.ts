import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../src/runtime/random.ts';
import { changeOne } from '../../src/simulator/churn.ts';
import { until } from '../rig/deadline.ts';
import { bytes } from './etcd-client.ts';
import type { WatchCall, WatchResponse } from './etcd-client.ts';
import { ROOT, WORKLOADS, etcdFixture } from './etcd-fixture.ts';

const NOW = 1_800_000_000_000;

async function created(watch: WatchCall, fields: object): Promise<WatchResponse> {
  watch.create({ ...WORKLOADS, ...fields });
  const answer = await watch.next();
  assert.equal(answer.created, true);
  return answer;
}

describe('simulated etcd, Watch', () => {
  it('delivers puts and deletes with their own revisions', async (test) => {
    const { client, world } = await etcdFixture(test);
    const watch = client.watch();
    const first = await created(watch, { prev_kv: true });
    assert.equal(first.header.revision, world.store.revision);
    const before = world.store.revision;
    world.deployments.replace(0, NOW);
    const { events, header } = await watch.next();
    assert.equal(header.revision, world.store.revision);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['DELETE', 'PUT'],
    );
    const [deleted, put] = events;
    assert.equal(deleted?.kv.mod_revision, before + 1);
    assert.equal(deleted?.kv.value, '');
    assert.ok((deleted?.prev_kv?.mod_revision ?? 0) < before);
    assert.match(put?.kv.value ?? '', /"kind":"WorkloadEndpoint"/);
    assert.equal(put?.kv.version, 1);
  });

  it('catches up from a past revision in whole revisions, through random changes', async (test) => {
    const { client, world } = await etcdFixture(test, { endpoints: 300, history: 20_000 });
    const state = new Map((await client.range(WORKLOADS)).kvs.map((kv) => [kv.key, kv.mod_revision]));
    const start = world.store.revision + 1;
    const random = seededRandom(4);
    for (let i = 0; i < 2500; i++) changeOne(world, random, NOW);
    world.store.transact(() => {
      for (let i = 0; i < 300; i++) world.deployments.touch(i);
    });
    const watch = client.watch();
    await created(watch, { start_revision: start });
    let last = 0;
    let answers = 0;
    while (last < world.store.revision) {
      const { events } = await watch.next();
      answers++;
      assert.ok((events[0]?.kv.mod_revision ?? 0) > last, 'a revision is never split');
      for (const { type, kv } of events) {
        assert.ok(kv.mod_revision >= last);
        last = kv.mod_revision;
        if (type === 'DELETE') state.delete(kv.key);
        else state.set(kv.key, kv.mod_revision);
      }
    }
    assert.ok(answers > 1);
    const { kvs } = await client.range(WORKLOADS);
    assert.deepEqual(
      Object.fromEntries(state),
      Object.fromEntries(kvs.map((kv) => [kv.key, kv.mod_revision])),
    );
  });

  it('keeps several watches on one stream apart', async (test) => {
    const { client, world, server } = await etcdFixture(test);
    const watch = client.watch();
    const a = await created(watch, {});
    const b = await created(watch, {
      key: bytes(`${ROOT}profiles/`),
      range_end: bytes(`${ROOT}profiles0`),
    });
    const c = await created(watch, { watch_id: 77, filters: [0] });
    assert.deepEqual([a.watch_id, b.watch_id, c.watch_id], [0, 1, 77]);
    assert.equal(server.watches, 3);
    watch.create({ ...WORKLOADS, watch_id: 77 });
    const duplicate = await watch.next();
    assert.deepEqual([duplicate.created, duplicate.canceled, duplicate.watch_id], [true, true, -1]);
    world.setNamespaceLabels('kube-system', { changed: 'yes' });
    assert.equal((await watch.next()).watch_id, 1);
    world.deployments.replace(0, NOW);
    const two = [await watch.next(), await watch.next()];
    assert.deepEqual(
      two.map(({ watch_id, events }) => [watch_id, events.map(({ type }) => type)]),
      [
        [0, ['DELETE', 'PUT']],
        [77, ['DELETE']],
      ],
    );
    watch.cancel(0);
    assert.deepEqual([(await watch.next()).canceled, server.watches], [true, 2]);
    watch.close();
    await until('no watch', () => server.watches === 0);
  });

  it('cancels with the compact revision where the start is forgotten', async (test) => {
    const { client, world } = await etcdFixture(test);
    const start = world.store.revision;
    for (let i = 0; i < 5; i++) world.deployments.touch(i);
    world.store.compact(start + 3);
    const watch = client.watch();
    await created(watch, { start_revision: start + 2 });
    const canceled = await watch.next();
    assert.deepEqual(
      [canceled.canceled, canceled.compact_revision, canceled.cancel_reason],
      [true, start + 3, ''],
    );
    await created(watch, { start_revision: start + 3 });
    assert.equal((await watch.next()).events[0]?.kv.mod_revision, start + 3);
  });

  it('answers progress requests and notifies of progress only after all events', async (test) => {
    const { client, world, clock } = await etcdFixture(test);
    const watch = client.watch();
    await created(watch, { progress_notify: true });
    watch.progress();
    const answer = await watch.next();
    assert.deepEqual([answer.watch_id, answer.header.revision], [-1, world.store.revision]);
    world.deployments.setTrack(0, 'canary');
    await clock.advance(600_000);
    assert.equal((await watch.next()).events.length, 1);
    const progress = await watch.next();
    assert.deepEqual([progress.events.length, progress.header.revision], [0, world.store.revision]);
  });

  it('waits for a start in the future', async (test) => {
    const { client, world } = await etcdFixture(test);
    const watch = client.watch();
    const start = world.store.revision + 3;
    await created(watch, { start_revision: start });
    for (let i = 0; i < 4; i++) world.deployments.touch(i);
    const { events } = await watch.next();
    assert.deepEqual(
      events.map(({ kv }) => kv.mod_revision),
      [start, start + 1],
    );
  });
});
