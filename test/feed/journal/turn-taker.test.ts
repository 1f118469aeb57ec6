import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SharedTurns } from '../../../src/feed/journal/shared-turns.ts';
import { TurnTaker } from '../../../src/feed/journal/turn-taker.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('long work of the feed', () => {
  it('has one turn of the event loop after the other, whoever works, in the order of asking', async () => {
    const clock = new FakeClock();
    const shared = new SharedTurns();
    const { signal } = new AbortController();
    const worked: number[] = [];
    const all = Array.from({ length: 20 }, async (_, who) => {
      const turns = new TurnTaker(shared, clock, signal);
      for (let slice = 0; slice < 3; slice++) {
        await turns.next();
        worked.push(who);
        await clock.advance(5);
      }
    });
    let before = 0;
    while (worked.length < 60) {
      await turn();
      assert.ok(worked.length - before <= 1, `${worked.length - before} in one turn`);
      before = worked.length;
    }
    await Promise.all(all);
    assert.deepEqual(
      worked,
      Array.from({ length: 60 }, (_, i) => i % 20),
    );
  });

  it('goes on in its own turn as long as that lasts, and not when its request is gone', async () => {
    const clock = new FakeClock();
    const gone = new AbortController();
    const turns = new TurnTaker(new SharedTurns(), clock, gone.signal);
    await turns.next();
    let passed = false;
    void turn().then(() => (passed = true));
    await turns.next();
    assert.equal(passed, false);
    await clock.advance(5);
    const waiting = turns.next();
    gone.abort(new Error('gone'));
    await assert.rejects(waiting, /^Error: gone$/);
    await assert.rejects(turns.next(), /^Error: gone$/);
  });
});
