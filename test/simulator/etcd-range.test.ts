import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes } from './etcd-client.ts';
import type { GrpcFailure, KeyValue } from './etcd-client.ts';
import { ROOT, WORKLOADS, etcdFixture } from './etcd-fixture.ts';

const NOW = 1_800_000_000_000;

function failsWith(code: number, message: RegExp): (error: GrpcFailure) => boolean {
  return (error) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

describe('simulated etcd, KV', () => {
  it("holds Calico's keys with its JSON values", async (test) => {
    const { client, world } = await etcdFixture(test);
    const all = await client.range({ key: bytes('/calico/'), range_end: bytes('/calico0') });
    const plurals = new Set(all.kvs.map(({ key }) => key.slice(ROOT.length).split('/')[0]));
    assert.deepEqual(
      [...plurals],
      ['clusterinformations', 'hostendpoints', 'ippools', 'profiles', 'workloadendpoints'],
    );
    assert.deepEqual(
      all.kvs.map(({ key }) => key),
      all.kvs.map(({ key }) => key).toSorted(),
    );
    for (const { key, value } of all.kvs) {
      const object = JSON.parse(value) as {
        apiVersion: string;
        metadata: { name: string; namespace?: string; resourceVersion?: string; uid: string };
      };
      assert.equal(object.apiVersion, 'projectcalico.org/v3');
      assert.equal(object.metadata.name, key.split('/').at(-1));
      assert.equal(object.metadata.resourceVersion, undefined);
      assert.match(object.metadata.uid, /^[0-9a-f-]{36}$/);
    }
    const workloads = await client.range(WORKLOADS);
    assert.equal(workloads.count, 60);
    assert.equal(workloads.header.revision, world.store.revision);
    assert.ok(!workloads.kvs.some(({ key }) => key.includes('calico--node')));
  });

  it('pages by key at a pinned revision although the data changes meanwhile', async (test) => {
    const { client, world } = await etcdFixture(test);
    const expected = (await client.range(WORKLOADS)).kvs;
    const revision = world.store.revision;
    const seen: KeyValue[] = [];
    let key = `${ROOT}workloadendpoints/`;
    for (let more = true, page = 0; more; page++) {
      const answer = await client.range({ ...WORKLOADS, key: bytes(key), limit: 7, revision });
      seen.push(...answer.kvs);
      assert.equal(answer.count, 60 - page * 7);
      assert.equal(answer.header.revision, world.store.revision);
      more = answer.more;
      key = `${answer.kvs.at(-1)?.key}\0`;
      world.deployments.replace(page, NOW);
    }
    assert.deepEqual(seen, expected);
  });

  it('answers keys only, counts only, single keys, from-key ranges and descending order', async (test) => {
    const { client } = await etcdFixture(test);
    const keys = (await client.range({ ...WORKLOADS, keys_only: true })).kvs;
    assert.ok(keys.every(({ value, mod_revision }) => value === '' && mod_revision > 0));
    const count = await client.range({ ...WORKLOADS, count_only: true });
    assert.deepEqual([count.count, count.kvs.length], [60, 0]);
    const one = await client.range({ key: bytes(keys[3]?.key ?? '') });
    assert.deepEqual([one.count, one.kvs[0]?.key], [1, keys[3]?.key]);
    assert.equal((await client.range({ key: bytes('/none') })).count, 0);
    const from = await client.range({ key: bytes(keys[50]?.key ?? ''), range_end: bytes('\0') });
    assert.equal(from.count, 10);
    const last = await client.range({ ...WORKLOADS, limit: 1, sort_order: 2 });
    assert.equal(last.kvs[0]?.key, keys.at(-1)?.key);
  });

  it('counts revisions and versions of a key as etcd does', async (test) => {
    const { client, world } = await etcdFixture(test);
    const before = await client.range(WORKLOADS);
    world.deployments.setReady(0, false);
    const untouched = await client.range(WORKLOADS);
    assert.deepEqual(untouched.kvs, before.kvs, 'readiness is not in etcd');
    world.deployments.setTrack(0, 'canary');
    const changed = (await client.range(WORKLOADS)).kvs.filter(({ version }) => version === 2);
    assert.equal(changed.length, 1);
    const old = before.kvs.find(({ key }) => key === changed[0]?.key);
    assert.equal(changed[0]?.create_revision, old?.mod_revision);
    assert.match(changed[0]?.value ?? '', /"track":"canary"/);
  });

  it('refuses compacted and future revisions with OutOfRange, and compacts on demand', async (test) => {
    const { client, world } = await etcdFixture(test);
    const old = world.store.revision;
    for (let i = 0; i < 5; i++) world.deployments.touch(i);
    assert.equal((await client.range({ ...WORKLOADS, revision: old })).count, 60);
    await client.call('KV/Compact', 'Compaction', { revision: old + 2 });
    await assert.rejects(
      client.range({ ...WORKLOADS, revision: old + 1 }),
      failsWith(11, /has been compacted/),
    );
    assert.equal((await client.range({ ...WORKLOADS, revision: old + 2 })).count, 60);
    const future = { ...WORKLOADS, revision: world.store.revision + 1 };
    await assert.rejects(client.range(future), failsWith(11, /future revision/));
  });

  it('has an identity and a version, and refuses what it does not serve', async (test) => {
    const { client } = await etcdFixture(test);
    const other = await etcdFixture(test, { number: 1 });
    const status = await client.call<{ version: string; header: { cluster_id: number } }>(
      'Maintenance/Status',
      'Status',
      {},
    );
    assert.match(status.version, /^3\.\d+\.\d+$/);
    const again = await client.range(WORKLOADS);
    assert.equal(again.header.cluster_id, status.header.cluster_id);
    assert.notEqual((await other.client.range(WORKLOADS)).header.cluster_id, status.header.cluster_id);
    await assert.rejects(client.call('KV/Put', 'Range', {}), failsWith(12, /unknown method/));
  });
});

describe('simulated etcd, authentication', () => {
  it('issues tokens for the right password and refuses calls without a valid one', async (test) => {
    const user = { username: 'reader', password: 'secret' };
    const { client, server } = await etcdFixture(test, {}, { user });
    await assert.rejects(client.range(WORKLOADS), failsWith(3, /user name is empty/));
    const authenticate = (password: string): Promise<{ token: string }> =>
      client.call('Auth/Authenticate', 'Authenticate', { name: 'reader', password });
    await assert.rejects(authenticate('wrong'), failsWith(3, /authentication failed/));
    client.token = (await authenticate('secret')).token;
    assert.equal((await client.range(WORKLOADS)).count, 60);
    server.expireTokens();
    await assert.rejects(client.range(WORKLOADS), failsWith(16, /invalid auth token/));
    const watch = client.watch();
    watch.create(WORKLOADS);
    const refused = await watch.next();
    assert.deepEqual([refused.created, refused.canceled, refused.watch_id], [true, true, -1]);
    assert.match(refused.cancel_reason, /invalid auth token/);
  });
});
