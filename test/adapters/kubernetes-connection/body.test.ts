import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { Body } from '../../../src/adapters/kubernetes/connection/body.ts';
import type { ChunkTaker } from '../../../src/adapters/kubernetes/connection/transport.ts';

/** A body, what its owner was told, and the way to abort. */
function bodyOf(
  stream: Readable,
  isWhole = true,
): { body: Body; finished: () => number; abort: AbortController } {
  const abort = new AbortController();
  let finished = 0;
  const body = new Body(stream, {
    signal: abort.signal,
    failed: (error) => new Error(`failed: ${error instanceof Error ? error.message : 'closed'}`),
    isWhole: () => isWhole,
    finish: () => finished++,
  });
  return { body, finished: () => finished, abort };
}

function collecting(
  goesOn: (text: string) => boolean = () => true,
): ChunkTaker & { readonly batches: string[][] } {
  const batches: string[][] = [];
  let batch: string[] = [];
  return {
    batches,
    take: (chunk) => {
      const text = Buffer.from(chunk).toString();
      batch.push(text);
      return goesOn(text);
    },
    turn: () => {
      batches.push(batch);
      batch = [];
    },
  };
}

describe('Body', () => {
  it('gives the same bytes by read and by iteration', async () => {
    const parts = ['one', 'two', 'three'];
    const taker = collecting();
    const read = bodyOf(Readable.from(parts.map((part) => Buffer.from(part))));
    assert.equal(await read.body.read(taker), false);
    assert.deepEqual(taker.batches.flat(), parts);
    assert.equal(read.finished(), 1);
    const iterated: string[] = [];
    const other = bodyOf(Readable.from(parts.map((part) => Buffer.from(part))));
    for await (const chunk of other.body) iterated.push(Buffer.from(chunk).toString());
    assert.deepEqual(iterated, parts);
    assert.equal(other.finished(), 1);
  });

  it('gives chunks that come together as one batch', async () => {
    const stream = new PassThrough();
    const taker = collecting();
    const { body } = bodyOf(stream);
    const done = body.read(taker);
    await turnOfLoop();
    for (const part of ['a', 'b', 'c']) stream.write(part);
    await turnOfLoop();
    await turnOfLoop();
    stream.end('d');
    await done;
    assert.deepEqual(taker.batches, [['a', 'b', 'c'], ['d']]);
  });

  it('lets the loop turn where more comes than can be read in one turn, and loses nothing', async () => {
    const parts = 40;
    let made = 0;
    // Always has more at once, as a socket of a fast server.
    const stream = new Readable({
      highWaterMark: 8 << 20,
      read() {
        this.push(made < parts ? Buffer.alloc(100_000, made++) : null);
      },
    });
    const { body } = bodyOf(stream);
    const turns: number[][] = [];
    let turn: number[] = [];
    const taker: ChunkTaker = {
      take: (chunk) => turn.push(chunk[0] ?? -1) > 0,
      turn: () => {
        turns.push(turn);
        turn = [];
      },
    };
    assert.equal(await body.read(taker), false);
    assert.deepEqual(
      turns.flat(),
      Array.from({ length: parts }, (_, i) => i),
    );
    assert.ok(Math.max(...turns.map(({ length }) => length)) <= 6, JSON.stringify(turns));
  });

  it('stops where the taker says so, tells it of the turn first, and goes on from there', async () => {
    const stream = new PassThrough();
    const first = collecting((text) => text !== 'b');
    const { body, finished } = bodyOf(stream);
    for (const part of ['a', 'b', 'c']) stream.write(part);
    assert.equal(await body.read(first), true);
    assert.deepEqual(first.batches.flat(), ['a', 'b']);
    assert.equal(finished(), 0, 'there is more to read');
    const rest = collecting();
    stream.end('d');
    assert.equal(await body.read(rest), false);
    assert.deepEqual(rest.batches.flat(), ['c', 'd']);
    assert.equal(finished(), 1);
  });

  it('delivers what was taken before it reports an error of the taker', async () => {
    const stream = new PassThrough();
    const taker = collecting((text) => {
      if (text === 'b') throw new RangeError('cannot read that');
      return true;
    });
    const { body, finished } = bodyOf(stream);
    stream.write('a');
    stream.write('b');
    await assert.rejects(body.read(taker), RangeError);
    assert.deepEqual(taker.batches.flat(), ['a', 'b']);
    assert.equal(finished(), 1);
  });

  it('reports an error of the turn', async () => {
    const stream = new PassThrough();
    const { body } = bodyOf(stream);
    const turn = (): void => {
      throw new RangeError('no room');
    };
    stream.write('a');
    await assert.rejects(body.read({ take: () => true, turn }), RangeError);
  });

  it('reports a broken stream, one that was closed, and an abort', async () => {
    for (const [end, message] of [
      [(stream: PassThrough) => stream.destroy(new Error('reset')), /failed: reset/],
      [(stream: PassThrough) => stream.destroy(), /failed: closed/],
    ] as const) {
      const stream = new PassThrough();
      const taker = collecting();
      const { body, finished } = bodyOf(stream);
      const done = body.read(taker);
      stream.write('a');
      await turnOfLoop();
      end(stream);
      await assert.rejects(done, message);
      assert.deepEqual(taker.batches.flat(), ['a']);
      assert.equal(finished(), 1);
    }
    const stream = new PassThrough();
    const { body, abort } = bodyOf(stream);
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(body.read(collecting()), /no longer wanted/);
  });

  it('reports an end that is not that of the answer', async () => {
    const taker = collecting();
    const { body } = bodyOf(Readable.from([Buffer.from('a')]), false);
    await assert.rejects(body.read(taker), /failed: closed/);
    assert.deepEqual(taker.batches.flat(), ['a']);
  });

  it('frees the stream when an iteration is left early', async () => {
    const stream = new PassThrough();
    const { body, finished } = bodyOf(stream);
    stream.write('a');
    for await (const chunk of body) {
      assert.equal(chunk.length, 1);
      break;
    }
    assert.equal(finished(), 1);
  });
});
