import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { it } from 'node:test';
import { TcpProxy } from './tcp-proxy.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, datastoreError, open, Recorder, ROOT, wepKey, wepValue } from './fixture.ts';
import type { Etcd } from '../../rig/etcd.ts';

const forever = new AbortController().signal;

async function fill(etcd: Etcd, count: number): Promise<void> {
  for (let i = 0; i < count; i += 100) {
    const pairs = Array.from({ length: Math.min(100, count - i) }, (_, j): [string, string] => {
      const pod = `pod-${i + j}`;
      return [
        wepKey(`ns-${(i + j) % 7}`, pod),
        wepValue(`ns-${(i + j) % 7}`, pod, `10.0.${(i + j) >> 8}.${(i + j) & 255}`),
      ];
    });
    await etcd.putAll(new Map(pairs));
  }
}

withServers('etcdv3: list', ['etcd', 'etcdctl'], (rig) => {
  it('reads every page at one revision, in slices', async (test) => {
    const etcd = await rig.etcd();
    await fill(etcd, 2345);
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.equal(recorder.objects.size, 2345);
    assert.ok(recorder.batches.length > 4);
    assert.ok(Math.max(...recorder.batches) <= 1000);
    assert.equal(recorder.skipped.length, 0);
    const found = recorder.objects.get('ns-1/pod-1');
    assert.ok(found?.kind === 'WorkloadEndpoint');
    assert.deepEqual(found.ipNetworks, ['10.0.0.1/32']);
    assert.equal(found.node, 'node-1');
    assert.match(found.resourceVersion, /^\d+$/);
  });

  it('an empty datastore is an empty list with a revision', async (test) => {
    const etcd = await rig.etcd();
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const outcome = await datastore.list({ resource: 'profiles', sink: new Recorder(), signal: forever });
    assert.match(outcome.revision, /^[0-9a-f]+\/1$/);
  });

  it('passes over foreign keys, excluded namespaces and siblings of the prefix', async (test) => {
    const etcd = await rig.etcd();
    await etcd.put(wepKey('default', 'a'), wepValue('default', 'a'));
    await etcd.put(wepKey('secret', 'b'), wepValue('secret', 'b'));
    for (const key of [
      'workloadendpoints/x',
      'workloadendpoints/x/y/z',
      'workloadendpoints/x/',
      'workloadendpoints//y',
      'workloadendpointsx/a/b',
    ]) {
      await etcd.put(`${ROOT}${key}`, wepValue('x', 'y'));
    }
    const datastore = await open(test, accessOf([etcd.endpoint]), { excludeNamespaces: ['secret'] });
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.deepEqual(recorder.names, ['default/a']);
    assert.deepEqual(recorder.skipped, []);
  });

  it('skips what is too large, broken or not an object, by name, and reads the rest', async (test) => {
    const etcd = await rig.etcd();
    await etcd.put(wepKey('default', 'good'), wepValue('default', 'good'));
    await etcd.put(wepKey('default', 'large'), `{"x":"${'y'.repeat(1_400_000)}"}`);
    await etcd.put(wepKey('default', 'broken'), '{"kind":');
    await etcd.put(wepKey('default', 'list'), '[]');
    await etcd.put(wepKey('default', 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    await etcd.put(`${ROOT}workloadendpoints/default/no-name`, '{}');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.deepEqual(recorder.names, ['default/good']);
    assert.equal(recorder.skipped.length, 5);
    const large = recorder.skipped.find((one) => one.where.includes('large'));
    assert.match(large?.reason ?? '', /1400008 bytes; the limit is 1048576/);
    assert.ok(large?.known);
    assert.equal(recorder.skipped.find((one) => one.where.endsWith('no-name'))?.known, false);
  });

  it('asks for smaller pages where values are huge', async (test) => {
    const etcd = await rig.etcd({ args: ['--quota-backend-bytes=1000000000'] });
    const value = `{"x":"${'y'.repeat(1_400_000)}"}`;
    for (let i = 0; i < 60; i++) await etcd.put(wepKey('default', `huge-${i}`), value);
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    assert.equal(recorder.skipped.length, 60);
  });

  it('reads the cluster-scoped kinds', async (test) => {
    const etcd = await rig.etcd();
    await etcd.put(
      `${ROOT}profiles/kns.default`,
      JSON.stringify({ metadata: { name: 'kns.default' }, spec: { labelsToApply: { a: 'b' } } }),
    );
    await etcd.put(
      `${ROOT}ippools/pool`,
      JSON.stringify({ metadata: { name: 'pool' }, spec: { cidr: '10.0.0.0/16' } }),
    );
    await etcd.put(
      `${ROOT}hostendpoints/h`,
      JSON.stringify({ metadata: { name: 'h' }, spec: { node: 'n', expectedIPs: ['10.1.1.1'] } }),
    );
    const datastore = await open(test, accessOf([etcd.endpoint]));
    for (const [resource, name] of [
      ['profiles', '/kns.default'],
      ['ippools', '/pool'],
      ['hostendpoints', '/h'],
    ] as const) {
      const recorder = new Recorder();
      await recorder.list(datastore, resource, forever);
      assert.deepEqual(recorder.names, [name]);
    }
  });

  it('a compaction in the middle ends the list with relist', async (test) => {
    const etcd = await rig.etcd();
    await fill(etcd, 1500);
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const revision = (await etcd.put('x', 'y')) + 1;
    const etcdctl = (...args: string[]): void => {
      execFileSync(rig.binary('etcdctl'), ['--endpoints', etcd.endpoint, ...args], { stdio: 'ignore' });
    };
    let compacted = false;
    // Synchronously, so that it is over before the next page is asked for.
    const apply = (): void => {
      if (compacted) return;
      compacted = true;
      etcdctl('put', 'x', 'z');
      etcdctl('compact', String(revision));
    };
    const slow = await datastoreError(
      datastore.list({ resource: 'workloadendpoints', signal: forever, sink: { ...plain, apply } }),
    );
    assert.equal(slow.reaction, 'relist');
    assert.equal(slow.reason, 'Compacted');
  });

  it('takes older data only when every endpoint agrees, and a replaced cluster at once', async (test) => {
    const etcd = await rig.etcd();
    await fill(etcd, 10);
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([proxy.endpoint]));
    const recorder = new Recorder();
    await recorder.list(datastore, 'workloadendpoints', forever);
    const [clusterId = ''] = recorder.revision.split('/');
    const older = await datastore.list({
      resource: 'workloadendpoints',
      sink: recorder,
      signal: forever,
      notOlderThan: `${clusterId}/999999`,
    });
    assert.match(older.note ?? '', /restored/);
    assert.equal(proxy.accepted, 2, 'the endpoint was asked again, over a new connection');
    const other = await datastore.list({
      resource: 'workloadendpoints',
      sink: recorder,
      signal: forever,
      notOlderThan: 'abc/999999',
    });
    assert.match(other.note ?? '', /another one/);
    const newer = await datastore.list({
      resource: 'workloadendpoints',
      sink: recorder,
      signal: forever,
      notOlderThan: recorder.revision,
    });
    assert.equal(newer.note, undefined);
  });

  it('a list that is aborted rejects with the reason, one that is cut with retry', async (test) => {
    const etcd = await rig.etcd();
    await fill(etcd, 3000);
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([proxy.endpoint]));
    const abort = new AbortController();
    const reason = new Error('enough');
    const sink = new Recorder();
    const aborting = { ...plain, apply: (): void => abort.abort(reason) };
    await assert.rejects(
      datastore.list({ resource: 'workloadendpoints', sink: aborting, signal: abort.signal }),
      reason,
    );
    // Cut once: the rest comes over a new connection.
    proxy.cutAfter(100_000);
    await sink.list(datastore, 'workloadendpoints', forever);
    assert.equal(sink.objects.size, 3000);
    const stalling = { ...plain, contact: (): void => proxy.stall() };
    const error = await datastoreError(
      datastore.list({ resource: 'workloadendpoints', sink: stalling, signal: forever }),
    );
    assert.deepEqual([error.reaction, error.reason], ['retry', 'Timeout']);
    assert.ok(error.message.includes(proxy.endpoint));
  });
});

const plain = {
  apply: (): void => undefined,
  progress: (): void => undefined,
  contact: (): void => undefined,
};
