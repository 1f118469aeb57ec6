import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorAnswer } from '../../../src/adapters/kubernetes/connection/status-body.ts';
import { statusError, statusObjectError } from '../../../src/adapters/kubernetes/connection/status-error.ts';

function answer(status: number, body: unknown, headers: ErrorAnswer['headers'] = {}): ErrorAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: one(Buffer.from(text)) };
}

async function* one(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

describe('statusError', () => {
  const table = [
    [400, 'retry', 'ProtocolError'],
    [401, 'unauthorized', 'Unauthorized'],
    [403, 'forbidden', 'Forbidden'],
    [404, 'retry', 'NotFound'],
    [410, 'relist', 'Compacted'],
    [429, 'retry', 'Overloaded'],
    [500, 'retry', 'ServerError'],
    [503, 'retry', 'ServerError'],
    [504, 'retry', 'Timeout'],
    [302, 'retry', 'ProtocolError'],
  ] as const;
  for (const [status, reaction, reason] of table) {
    it(`${status} is ${reaction}, ${reason}`, async () => {
      const error = await statusError(answer(status, { message: 'because' }), 'list pods');
      assert.deepEqual([error.reaction, error.reason], [reaction, reason]);
      assert.equal(error.message, `list pods: the server answered ${status}: because`);
    });
  }

  it('takes Retry-After from header or details, and bounds it', async () => {
    const header = await statusError(answer(429, '', { 'retry-after': '7' }));
    assert.equal(header.retryAfterMs, 7000);
    const details = await statusError(answer(429, { details: { retryAfterSeconds: 3 } }));
    assert.equal(details.retryAfterMs, 3000);
    const absurd = await statusError(answer(429, '', { 'retry-after': '999999' }));
    assert.equal(absurd.retryAfterMs, 300_000);
    assert.equal((await statusError(answer(429, '', { 'retry-after': 'soon' }))).retryAfterMs, undefined);
  });

  it('a resource version that the server never reached means a list without one', async () => {
    const bodies = [
      { message: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
      { message: 'Too large resource version: 9, current: 1' },
    ];
    for (const body of bodies) {
      const error = await statusError(answer(504, body));
      assert.deepEqual([error.reaction, error.reason], ['relist', 'ClusterReplaced']);
    }
  });

  it('shows little of what it does not understand', async () => {
    const html = await statusError(answer(502, '<html>long</html>'));
    assert.equal(html.message, 'request: the server answered 502');
    const plain = await statusError(answer(400, `Client sent an HTTP request\u001b[31m\nmore`));
    assert.equal(plain.message, 'request: the server answered 400: Client sent an HTTP request [31m');
    const long = await statusError(answer(500, { message: 'x'.repeat(100_000) }));
    assert.ok(long.message.length < 400);
  });

  it('reads at most 64 KiB of a body without end, and survives one that breaks', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        taken += 1024;
        yield new Uint8Array(1024);
      }
    }
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{');
      throw new Error('cut');
    }
    assert.equal((await statusError({ status: 500, headers: {}, body: endless() })).reason, 'ServerError');
    assert.equal(taken, 65_536);
    assert.equal((await statusError({ status: 403, headers: {}, body: broken() })).reason, 'Forbidden');
  });

  it('reads the Status of a watch event', () => {
    const expired = statusObjectError({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
    assert.deepEqual([expired.reaction, expired.reason], ['relist', 'Compacted']);
    assert.equal(expired.message, 'watch: the server answered 410: too old');
    const unnumbered = statusObjectError({ reason: 'Expired' });
    assert.equal(unnumbered.reaction, 'relist');
    for (const odd of [null, 'x', [], { code: 'x' }]) {
      assert.equal(statusObjectError(odd).reason, 'ServerError');
    }
  });
});
