import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Clock } from '../../src/runtime/clock.ts';
import { EventLoopLag } from '../../src/telemetry/event-loop-lag.ts';

it('shows the longest delay for 30 to 60 seconds, then forgets it', async () => {
  let time = 0;
  const stop = new AbortController();
  const seen: number[] = [];
  const late = [0, 400, 10];
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    after: () => () => undefined,
    sleep: (ms) => {
      seen.push(lag.seconds);
      time += ms + (late.shift() ?? 0);
      if (time > 70_000) stop.abort();
      return Promise.resolve();
    },
  };
  const lag = new EventLoopLag(clock);
  await lag.run(stop.signal);
  assert.deepEqual(seen.slice(0, 4), [0, 0, 0.4, 0.4]);
  assert.equal(seen[400], 0.4, 'after 40 s');
  assert.equal(lag.seconds, 0, 'after 70 s');
});
