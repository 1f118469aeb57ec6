import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { check } from '../../model/property.ts';
import { frame, FrameReader } from '../../../src/adapters/etcdv3/grpc-frames.ts';
import { MessageTooLarge, statusOf } from '../../../src/adapters/etcdv3/grpc-status.ts';
import { ProtoError } from '../../../src/adapters/etcdv3/proto-reader.ts';
import { hasSafeProgress } from '../../../src/adapters/etcdv3/server-version.ts';

describe('etcdv3: gRPC messages', () => {
  it('come out as they went in, however the stream is cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
    check(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, steps) => {
        const stream = Buffer.concat(sent.map((message) => frame(message)));
        const got: string[] = [];
        const reader = new FrameReader(100, (message) => got.push(message.toString('hex')));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const step = steps[i % steps.length] ?? 1;
          reader.push(stream.subarray(at, at + step));
          at += step;
        }
        assert.deepEqual(
          got,
          sent.map((message) => Buffer.from(message).toString('hex')),
        );
        assert.equal(reader.partial, false);
      }),
    );
  });

  it('refuses what is too large or compressed before it takes memory, and knows a cut message', () => {
    const reader = (): FrameReader => new FrameReader(10, () => undefined);
    assert.throws(() => reader().push(Buffer.from([0, 0xff, 0xff, 0xff, 0xff])), MessageTooLarge);
    assert.throws(() => reader().push(Buffer.from([1, 0, 0, 0, 1, 0])), ProtoError);
    const cut = reader();
    cut.push(frame(Buffer.from('abc')).subarray(0, 6));
    assert.ok(cut.partial);
  });

  it('reads the status, decoded and bounded', () => {
    assert.equal(statusOf({ 'grpc-status': '0' }), 'ok');
    assert.equal(statusOf({}), undefined);
    const error = statusOf({ 'grpc-status': '14', 'grpc-message': 'etcd%20says' });
    assert.ok(error instanceof Error && error.message === 'etcd says' && error.code === 14);
    const bad = statusOf({ 'grpc-status': '2', 'grpc-message': `%zz${'x'.repeat(1000)}` });
    assert.ok(bad instanceof Error && bad.message.startsWith('%zz') && bad.message.length < 400);
  });

  it('believes progress notifications only of versions that are known to be right', () => {
    for (const version of ['3.4.25', '3.4.31', '3.5.8', '3.5.21', '3.6.0', '3.7.1-rc.0', '4.0.0']) {
      assert.ok(hasSafeProgress(version), version);
    }
    for (const version of ['3.4.24', '3.3.99', '3.5.7', '2.9.9', '', 'main', '3.5']) {
      assert.ok(!hasSafeProgress(version), version);
    }
  });
});
