import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PageBuffers } from '../../../src/adapters/etcdv3/page-buffers.ts';

describe('page buffers', () => {
  it('are used again, for a page of another size, too', () => {
    const buffers = new PageBuffers();
    const first = buffers.take(100_000);
    const second = buffers.take(100_000);
    assert.notEqual(first.buffer, second.buffer);
    buffers.giveBack(first);
    const third = buffers.take(90_000);
    assert.equal(third.length, 90_000);
    assert.equal(third.buffer, first.buffer);
  });

  it('are not handed out twice', () => {
    const buffers = new PageBuffers();
    buffers.giveBack(buffers.take(10));
    assert.notEqual(buffers.take(10).buffer, buffers.take(10).buffer);
  });

  it('grow where none is large enough', () => {
    const buffers = new PageBuffers();
    buffers.giveBack(buffers.take(10));
    assert.equal(buffers.take(1_000_000).length, 1_000_000);
  });

  it('never take over memory that is not theirs', () => {
    const buffers = new PageBuffers();
    const chunk = Buffer.alloc(1000);
    buffers.giveBack(chunk);
    assert.notEqual(buffers.take(10).buffer, chunk.buffer);
  });
});
