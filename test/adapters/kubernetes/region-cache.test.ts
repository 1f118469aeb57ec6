import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { RegionCache, addRange } from '../../../src/adapters/kubernetes/wire/region-cache.ts';

const seed = Number(process.env['PBT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`RegionCache (PBT_SEED=${seed})`, () => {
  it('decodes equal bytes once, and never takes other bytes for them', () => {
    const cache = new RegionCache<string>(1, 16);
    let decoded = 0;
    const decode = (region: Buffer): string => {
      decoded++;
      return region.toString('utf8');
    };
    const get = (text: string): string => {
      const bytes = Buffer.concat([Buffer.from('--'), Buffer.from(text)]);
      return cache.get(bytes, [2, bytes.length], decode);
    };
    assert.deepEqual([get('a'), get('a'), get('b'), get('a')], ['a', 'a', 'b', 'a']);
    assert.equal(decoded, 3);
    const long = 'x'.repeat(17);
    assert.deepEqual([get(long), get(long)], [long, long]);
    assert.equal(decoded, 5, 'long regions are not kept');
  });

  it('keeps a copy: the memory of a chunk is the transport’s', () => {
    const cache = new RegionCache<number>(1);
    const bytes = Buffer.from('abc');
    cache.get(bytes, [0, 3], () => 1);
    const same = Buffer.from(bytes);
    bytes.fill(0);
    assert.equal(
      cache.get(same, [0, 3], () => 2),
      1,
    );
    assert.equal(
      cache.get(bytes, [0, 3], () => 3),
      3,
    );
  });

  it('does not keep what cannot be decoded', () => {
    const cache = new RegionCache<number>(1);
    const bytes = Buffer.from('abc');
    const broken = (): number => {
      throw new RangeError('broken');
    };
    assert.throws(() => cache.get(bytes, [0, 3], broken), RangeError);
    assert.equal(
      cache.get(bytes, [0, 3], () => 7),
      7,
    );
  });

  it('gives for any ranges what decoding them joined gives', () => {
    // Few slots and few letters: collisions and near misses are the rule.
    const cache = new RegionCache<string>(2, 8);
    const parts = fc.array(fc.tuple(fc.boolean(), fc.stringMatching(/^[ab]{0,3}$/)), { maxLength: 6 });
    const decode = (region: Buffer): string => region.toString('latin1');
    fc.assert(
      fc.property(parts, (pieces) => {
        const ranges: number[] = [];
        let text = '';
        let wanted = '';
        for (const [isWanted, piece] of pieces) {
          if (isWanted) {
            addRange(ranges, text.length, text.length + piece.length);
            wanted += piece;
          } else {
            text += '#';
          }
          text += piece;
        }
        const bytes = Buffer.from(text, 'latin1');
        const read = ranges.length === 0 ? '' : cache.get(bytes, ranges, decode);
        assert.equal(read, wanted);
      }),
      { seed, numRuns: 500 },
    );
  });
});
