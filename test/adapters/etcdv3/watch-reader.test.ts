import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ObjectDecoder } from '../../../src/adapters/etcdv3/object-decoder.ts';
import type { WatchEvent, WatchResponse } from '../../../src/adapters/etcdv3/proto-watch.ts';
import { WatchReader } from '../../../src/adapters/etcdv3/watch-reader.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';
import { GrpcError } from '../../../src/adapters/etcdv3/grpc-status.ts';
import { Recorder, wepKey, wepValue } from './fixture.ts';

const EMPTY = Buffer.alloc(0);

function put(pod: string, modRevision: number): WatchEvent {
  const key = Buffer.from(wepKey('default', pod));
  return { op: 'put', kv: { key, modRevision, value: Buffer.from(wepValue('default', pod)) } };
}

function del(pod: string, modRevision: number): WatchEvent {
  return { op: 'delete', kv: { key: Buffer.from(wepKey('default', pod)), modRevision, value: EMPTY } };
}

function response(revision: number, fields: Partial<WatchResponse> = {}): WatchResponse {
  return {
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
    header: { clusterId: 'c1', revision },
    ...fields,
  };
}

function start(maxBehind = 20_000): { reader: WatchReader<never>; recorder: Recorder } {
  const recorder = new Recorder();
  const decoder = new ObjectDecoder('workloadendpoints', {
    maxObjectBytes: 1 << 20,
    excludeNamespaces: new Set(),
  });
  const reader = new WatchReader({
    decoder,
    sink: recorder,
    from: { clusterId: 'c1', revision: 10 },
    maxBehind,
  });
  return { reader: reader as unknown as WatchReader<never>, recorder };
}

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('etcdv3: rules of a watch', () => {
  it('resumes after the last event, never after the revision of a header or of the creation', () => {
    const { reader, recorder } = start();
    reader.push(response(900, { created: true }));
    reader.release(true);
    assert.equal(recorder.revision, '');
    reader.push(response(900, { events: [put('a', 11), put('b', 13)] }));
    assert.equal(recorder.revision, 'c1/13');
    assert.equal(recorder.objects.size, 2);
  });

  it('a revision in fragments is resumed only as a whole; a notification in between does not count', () => {
    const { reader, recorder } = start();
    reader.push(response(11, { created: true }));
    reader.release(true);
    reader.push(response(11, { fragment: true, events: [put('a', 11)] }));
    reader.push(response(11));
    assert.equal(recorder.revision, '');
    reader.push(response(11, { events: [put('b', 11)] }));
    assert.equal(recorder.revision, 'c1/11');
  });

  it('nothing is safe before the start is verified, however much was delivered', () => {
    const { reader, recorder } = start();
    reader.push(response(12, { created: true }));
    reader.push(response(12, { events: [put('a', 11), del('a', 12)] }));
    assert.equal(recorder.deletes, 1);
    assert.equal(recorder.revision, '');
    reader.release(true);
    assert.equal(recorder.revision, 'c1/12');
  });

  it('notifications move the resume point only where they are safe, and never backwards', () => {
    for (const [safe, expected] of [
      [true, 'c1/50'],
      [false, 'c1/20'],
    ] as const) {
      const { reader, recorder } = start();
      reader.push(response(20, { created: true }));
      reader.release(safe);
      reader.push(response(20, { events: [put('a', 20)] }));
      reader.push(response(50));
      reader.push(response(15));
      assert.equal(recorder.revision, expected);
      assert.equal(recorder.contacts, 4);
    }
  });

  it('drops events from before the start', () => {
    const { reader, recorder } = start();
    reader.push(response(12, { events: [put('old', 9), put('known', 10), put('new', 11)] }));
    assert.deepEqual(recorder.names, ['default/new']);
  });

  it('ends at compaction, at another cluster and when far behind with relist; at a refusal with its reason', () => {
    const outcomes: [WatchResponse, string][] = [
      [response(1, { canceled: true, compactRevision: 5 }), 'Compacted'],
      [response(1, { header: { clusterId: 'c2', revision: 11 } }), 'ClusterReplaced'],
      [response(20_011, { created: true }), 'Relisting'],
    ];
    for (const [answer, reason] of outcomes) {
      const error = thrownBy(() => start().reader.push(answer));
      assert.ok(error instanceof DatastoreError);
      assert.deepEqual([error.reaction, error.reason], ['relist', reason]);
    }
    start().reader.push(response(20_010, { created: true }));
    const refused = thrownBy(() =>
      start().reader.push(
        response(0, {
          created: true,
          canceled: true,
          cancelReason: 'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
        }),
      ),
    );
    assert.ok(refused instanceof GrpcError);
    assert.deepEqual([refused.code, refused.message], [7, 'etcdserver: permission denied']);
  });
});
