import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until, within } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, datastoreError, Follower, open, Recorder, ROOT, wepKey, wepValue } from './fixture.ts';
import { TcpProxy } from './tcp-proxy.ts';
import type { Etcd } from '../../rig/etcd.ts';
import type { Datastore } from '../../../src/contract/datastore.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';

const forever = new AbortController().signal;
const resource = 'workloadendpoints';

async function put(etcd: Etcd, pod: string): Promise<number> {
  return etcd.put(wepKey('default', pod), wepValue('default', pod));
}

async function listed(datastore: Datastore): Promise<Recorder> {
  const recorder = new Recorder();
  await recorder.list(datastore, resource, forever);
  return recorder;
}

function reasons(follower: Follower): readonly string[] {
  return follower.errors.map((error) => (error instanceof DatastoreError ? error.reason : String(error)));
}

withServers('etcdv3: watch', ['etcd'], (rig) => {
  it('delivers puts and deletes, foreign keys aside, and where to resume', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const follower = new Follower(test, await open(test, accessOf([etcd.endpoint])));
    await follower.holds(['default/a']);
    await put(etcd, 'b');
    await etcd.put(`${ROOT}workloadendpoints/x`, 'foreign');
    await follower.holds(['default/a', 'default/b']);
    const last = await etcd.delete(wepKey('default', 'a'));
    await follower.holds(['default/b']);
    await until('progress', () => follower.recorder.revision.endsWith(`/${last}`));
    assert.equal(follower.lists, 1);
    assert.deepEqual(follower.errors, []);
  });

  it('skips an unreadable value and goes on; the object known before stays', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const follower = new Follower(test, await open(test, accessOf([etcd.endpoint])));
    await follower.holds(['default/a']);
    await etcd.put(wepKey('default', 'a'), '{"broken');
    await etcd.put(wepKey('default', 'large'), 'x'.repeat(1_400_000));
    await put(etcd, 'b');
    await follower.holds(['default/a', 'default/b']);
    assert.equal(follower.recorder.skipped.length, 2);
    assert.equal(follower.lists, 1);
  });

  it('loses none of 5,000 events when the connection is cut in the middle, again and again', async (test) => {
    const etcd = await rig.etcd();
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([proxy.endpoint]));
    const recorder = await listed(datastore);
    for (let i = 0; i < 5000; i += 50) {
      const pods = Array.from({ length: 50 }, (_, j) => `pod-${i + j}`);
      await etcd.putAll(new Map(pods.map((pod) => [wepKey('default', pod), wepValue('default', pod)])));
    }
    const last = await etcd.delete(wepKey('default', 'pod-0'));
    const stop = new AbortController();
    test.after(() => stop.abort());
    let cuts = 0;
    const done = (async () => {
      while (!recorder.revision.endsWith(`/${last}`)) {
        proxy.cutAfter(100_000 + cuts * 70_001);
        try {
          await datastore.watch({
            resource,
            sink: recorder,
            signal: stop.signal,
            revision: recorder.revision,
          });
        } catch (error) {
          if (recorder.revision.endsWith(`/${last}`)) return;
          assert.ok(error instanceof DatastoreError && error.reaction === 'retry', String(error));
          cuts++;
        }
      }
    })();
    await until('everything', () => recorder.revision.endsWith(`/${last}`), { timeoutMs: 30_000 });
    stop.abort();
    await done;
    assert.ok(cuts >= 3, `${cuts} cuts`);
    assert.equal(recorder.objects.size, 4999);
    assert.ok(recorder.puts >= 5000);
  });

  it('a compaction while disconnected calls for a list', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = await listed(datastore);
    await etcd.delete(wepKey('default', 'a'));
    await put(etcd, 'b');
    await etcd.compact();
    const error = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: recorder.revision }),
    );
    assert.deepEqual([error.reaction, error.reason], ['relist', 'Compacted']);
    assert.ok(!recorder.revision.endsWith('/4'), 'nothing was told to be safe');
  });

  it('a compaction exactly at the start calls for a list, too: deletes may be lost there', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = await listed(datastore);
    const deleted = await etcd.delete(wepKey('default', 'a'));
    await etcd.compact(deleted);
    const error = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: recorder.revision }),
    );
    assert.deepEqual([error.reaction, error.reason], ['relist', 'Compacted']);
  });

  it('a compaction at the resume revision itself is harmless', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const follower = new Follower(test, datastore);
    await follower.holds(['default/a']);
    await etcd.compact();
    const recorder = await listed(datastore);
    const stop = new AbortController();
    const watching = datastore.watch({
      resource,
      sink: recorder,
      signal: stop.signal,
      revision: recorder.revision,
    });
    await put(etcd, 'b');
    await until('b', () => recorder.objects.has('default/b'));
    stop.abort(new Error('enough'));
    await assert.rejects(watching, /enough/);
  });

  it('survives kill -9 and restart of etcd without a list and without a loss', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    const follower = new Follower(test, await open(test, accessOf([etcd.endpoint])));
    await follower.holds(['default/a']);
    await etcd.kill();
    await until('the loss is noticed', () => reasons(follower).includes('ConnectionRefused'));
    await etcd.restart();
    await put(etcd, 'b');
    await etcd.delete(wepKey('default', 'a'));
    await follower.holds(['default/b']);
    assert.equal(follower.lists, 1);
  });

  it('another cluster at the same address, and one that went back, call for a list', async (test) => {
    const etcd = await rig.etcd();
    await put(etcd, 'a');
    await put(etcd, 'b');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = await listed(datastore);
    const [, revision = ''] = recorder.revision.split('/');
    const elsewhere = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: `abc/${revision}` }),
    );
    assert.deepEqual([elsewhere.reaction, elsewhere.reason], ['relist', 'ClusterReplaced']);
    // The member's ports, and so the id of its cluster, stay: only the history is another one.
    await etcd.restart({ empty: true });
    const back = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: recorder.revision }),
    );
    assert.deepEqual([back.reaction, back.reason], ['relist', 'ClusterReplaced']);
    await recorder.list(datastore, resource, forever);
    assert.deepEqual(recorder.names, []);
  });

  it('prefers a fresh list when far behind', async (test) => {
    const etcd = await rig.etcd();
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = await listed(datastore);
    // 20,001 revisions are quickest made by many writers at once.
    await Promise.all(
      Array.from({ length: 40 }, async (_, writer) => {
        for (let i = 0; i < 510; i++) await etcd.put(`/other/${writer}`, 'x');
      }),
    );
    const error = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: recorder.revision }),
    );
    assert.deepEqual([error.reaction, error.reason], ['relist', 'Relisting']);
  });

  it('a large transaction comes in fragments and is resumed only as a whole', async (test) => {
    const etcd = await rig.etcd({ args: ['--max-request-bytes=12000000'] });
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([proxy.endpoint]));
    const recorder = await listed(datastore);
    const before = recorder.revision;
    const pods = Array.from({ length: 100 }, (_, i) => `pod-${i}`);
    const padding = ' '.repeat(60_000);
    await etcd.putAll(
      new Map(pods.map((pod) => [wepKey('default', pod), wepValue('default', pod) + padding])),
    );
    proxy.cutAfter(3_000_000);
    await datastoreError(datastore.watch({ resource, sink: recorder, signal: forever, revision: before }));
    assert.equal(recorder.revision, before);
    const stop = new AbortController();
    test.after(() => stop.abort());
    const watching = datastore.watch({ resource, sink: recorder, signal: stop.signal, revision: before });
    await until('the rest', () => recorder.revision !== before);
    stop.abort(new Error('enough'));
    await assert.rejects(within('end of the watch', watching), /enough/);
    assert.equal(recorder.objects.size, 100);
  });

  it('an ended datastore rejects what runs and leaves no socket', async (test) => {
    const etcd = await rig.etcd();
    const proxy = await TcpProxy.start(test, etcd.port);
    const datastore = await open(test, accessOf([proxy.endpoint]));
    const recorder = await listed(datastore);
    const watching = datastore.watch({
      resource,
      sink: recorder,
      signal: forever,
      revision: recorder.revision,
    });
    assert.equal(proxy.connections, 1);
    await Promise.all([datastoreError(watching), datastore.close()]);
    await datastore.close();
    await until('no connection', () => proxy.connections === 0);
    await datastoreError(datastore.identify(forever));
  });
});

withServers('etcdv3: watch of etcd 3.4', ['etcd-3.4'], (rig) => {
  it('follows, and is strict where 3.4 loses a delete at the compacted revision', async (test) => {
    const etcd = await rig.etcd({ version: '3.4' });
    await put(etcd, 'a');
    const datastore = await open(test, accessOf([etcd.endpoint]));
    const recorder = await listed(datastore);
    await etcd.compact(await etcd.delete(wepKey('default', 'a')));
    const error = await datastoreError(
      datastore.watch({ resource, sink: recorder, signal: forever, revision: recorder.revision }),
    );
    assert.equal(error.reason, 'Compacted');
    const follower = new Follower(test, datastore);
    await follower.holds([]);
    await put(etcd, 'b');
    await follower.holds(['default/b']);
  });
});
