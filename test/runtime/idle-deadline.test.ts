import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IdleDeadline } from '../../src/runtime/idle-deadline.ts';
import { FakeClock } from '../support/fake-clock.ts';

describe('IdleDeadline', () => {
  it('expires once after silence, counted from the last touch', async () => {
    const clock = new FakeClock();
    let expired = 0;
    const idle = new IdleDeadline(clock, 100, () => expired++);
    idle.start();
    await clock.advance(90);
    idle.touch();
    await clock.advance(99);
    assert.equal(expired, 0);
    await clock.advance(2);
    assert.equal(expired, 1);
    await clock.advance(1_000);
    assert.equal(expired, 1);
    assert.equal(clock.pending, 0);
  });

  it('never expires after stop', async () => {
    const clock = new FakeClock();
    const idle = new IdleDeadline(clock, 100, () => assert.fail('expired'));
    idle.start();
    idle.stop();
    idle.stop();
    await clock.advance(1_000);
    assert.equal(clock.pending, 0);
  });
});
