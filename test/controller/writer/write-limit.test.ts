import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LoadSign, WriteLimit } from '../../../src/controller/writer/write-limit.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const answered: LoadSign = { sign: 'answered' };
const failed: LoadSign = { sign: 'failed' };

function start(max = 16): {
  clock: FakeClock;
  limit: WriteLimit;
  round: (ms: number, sign?: LoadSign) => Promise<void>;
} {
  const clock = new FakeClock();
  const limit = new WriteLimit({ max, clock, random: seededRandom(1) });
  /** As many requests as may be, which all take the same time. */
  const round = async (ms: number, sign: LoadSign = answered): Promise<void> => {
    const slots = [];
    while (limit.hasRoom) slots.push(limit.enter());
    await clock.advance(ms);
    for (const slot of slots) slot.leave(sign);
  };
  return { clock, limit, round };
}

describe('WriteLimit', () => {
  it('doubles up to the maximum while answers come', async () => {
    const { limit, round } = start();
    assert.equal(limit.limit, 4);
    await round(5);
    await round(5);
    await round(5);
    assert.equal(limit.limit, 16);
    await round(5);
    assert.equal(limit.limit, 16);
  });

  it('does not grow where it is not used', async () => {
    const { clock, limit } = start();
    for (let i = 0; i < 50; i++) {
      const slot = limit.enter();
      await clock.advance(5);
      slot.leave(answered);
    }
    assert.equal(limit.limit, 4);
  });

  it('stays below what was refused for a while, so that few requests meet a 429', async () => {
    for (const taken of [1, 3, 10]) {
      const { clock, limit } = start();
      let refused = 0;
      for (let sent = 0; sent < 1000;) {
        await clock.advance(limit.pauseMs);
        const slots = [];
        while (limit.hasRoom) slots.push(limit.enter());
        await clock.advance(5);
        for (const [n, slot] of slots.entries()) {
          sent++;
          if (n >= taken) refused++;
          slot.leave(n < taken ? answered : { sign: 'throttled', retryAfterMs: 1000 });
        }
      }
      assert.ok(refused < 50, `${refused} of 1000 requests, where ${taken} at once are taken`);
    }
  });

  it('halves once for all 429s of one round, pauses as asked, and then grows by one a round', async () => {
    const { clock, limit, round } = start();
    for (let i = 0; i < 3; i++) await round(5);
    await round(5, { sign: 'throttled', retryAfterMs: 3_000 });
    assert.equal(limit.limit, 8);
    assert.equal(limit.hasRoom, false);
    assert.ok(limit.pauseMs >= 3_000 && limit.pauseMs <= 3_300, `${limit.pauseMs}`);
    await clock.advance(limit.pauseMs);
    assert.equal(limit.hasRoom, true);
    await round(5);
    await round(5);
    assert.ok(limit.limit >= 9 && limit.limit <= 10, `${limit.limit}`);
  });

  it('never pauses longer than five minutes, and a 429 without a time makes one step of back-off', async () => {
    const { clock, limit, round } = start();
    await round(5, { sign: 'throttled', retryAfterMs: undefined });
    assert.ok(limit.pauseMs >= 500 && limit.pauseMs <= 1_000, `${limit.pauseMs}`);
    await clock.advance(1_000);
    await round(5, { sign: 'throttled', retryAfterMs: 1e12 });
    assert.ok(limit.pauseMs <= 330_000);
  });

  it('falls to one and pauses in an outage, and knows when it is over', async () => {
    const { clock, limit, round } = start();
    for (let i = 0; i < 6; i++) {
      await round(5, failed);
      await clock.advance(limit.pauseMs);
    }
    assert.equal(limit.limit, 1);
    assert.equal(limit.outage, true);
    await round(5, failed);
    assert.ok(limit.pauseMs >= 1_000 && limit.pauseMs <= 10_000, `${limit.pauseMs}`);
    await clock.advance(10_000);
    await round(5);
    assert.equal(limit.outage, false);
    assert.equal(limit.pauseMs, 0);
  });

  it('shrinks when answers become slower than twice the best, and grows when they are as before', async () => {
    const { limit, round } = start();
    for (let i = 0; i < 5; i++) await round(60);
    assert.equal(limit.limit, 16);
    for (let i = 0; i < 4; i++) await round(600);
    assert.ok(limit.limit <= 4, `${limit.limit}`);
    for (let i = 0; i < 60; i++) await round(60);
    assert.ok(limit.limit >= 12, `${limit.limit}`);
  });

  it('takes no notice of slowness below what matters', async () => {
    const { limit, round } = start();
    for (let i = 0; i < 5; i++) await round(2);
    for (let i = 0; i < 20; i++) await round(80);
    assert.equal(limit.limit, 16);
  });

  it('learns that a server became slow for good, and does not stay at one', async () => {
    const { limit, round } = start();
    for (let i = 0; i < 5; i++) await round(60);
    for (let i = 0; i < 10; i++) await round(2_000);
    assert.ok(limit.limit < 16);
    for (let i = 0; i < 100; i++) await round(2_000);
    assert.equal(limit.limit, 16);
  });

  it('stays between one and the maximum', async () => {
    const { clock, limit, round } = start(2);
    for (let i = 0; i < 5; i++) await round(5);
    assert.equal(limit.limit, 2);
    for (let i = 0; i < 20; i++) {
      await round(5, failed);
      await clock.advance(limit.pauseMs);
    }
    assert.equal(limit.limit, 1);
  });
});
