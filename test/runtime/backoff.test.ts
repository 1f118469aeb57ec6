import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../src/runtime/backoff.ts';
import { seededRandom } from '../../src/runtime/random.ts';

describe('Backoff', () => {
  it('doubles up to the maximum, with jitter over the upper half, and starts again after reset', () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: seededRandom(1) });
    for (const step of [100, 200, 400, 800, 1_000, 1_000]) {
      const wait = backoff.next();
      assert.ok(wait >= step / 2 && wait <= step, `${wait} for ${step}`);
    }
    assert.equal(backoff.failures, 6);
    backoff.reset();
    assert.ok(backoff.next() <= 100);
  });

  it('stays eager for some attempts, and goes on to the maximum after that', () => {
    const eager = { attempts: 4, maxMs: 200 };
    const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: seededRandom(1), eager });
    for (const step of [100, 200, 200, 200, 400, 800, 1_000, 1_000]) {
      const wait = backoff.next();
      assert.ok(wait >= step / 2 && wait <= step, `${wait} for ${step}`);
    }
  });

  it('does not let clients return together', () => {
    const waits = [1, 2, 3, 4, 5].map((seed) => {
      const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: seededRandom(seed) });
      return backoff.next();
    });
    assert.equal(new Set(waits).size, 5);
  });
});
