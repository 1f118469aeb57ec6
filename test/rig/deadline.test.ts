import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until, within } from './deadline.ts';

describe('until', () => {
  it('gives the first answer that says something, also 0 and the empty string', async () => {
    const answers = [false, undefined, null, 0];
    assert.equal(await until('answer', () => answers.shift(), { everyMs: 1 }), 0);
    assert.equal(await until('answer', () => ''), '');
  });

  it('takes an error for "not yet", and names it when it gives up', async () => {
    const wait = until('answer', () => assert.fail('refused'), { timeoutMs: 20, everyMs: 5 });
    await assert.rejects(wait, /^Error: answer: not within 20 ms \(last error: .*refused/);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const wait = until('answer', () => false, { signal: stop.signal });
    stop.abort(new Error('over'));
    await assert.rejects(wait, { name: 'AbortError' });
  });
});

describe('within', () => {
  it('passes on what the promise brings, and names what never comes', async () => {
    assert.equal(await within('answer', Promise.resolve(1)), 1);
    await assert.rejects(within('answer', new Promise(() => {}), 10), /answer: not within 10 ms/);
  });
});
