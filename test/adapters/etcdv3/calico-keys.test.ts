import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { NamespacedKeys, parseKey, rangeOf } from '../../../src/adapters/etcdv3/calico-keys.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);

describe('NamespacedKeys', () => {
  it('reads what the plain function reads, whatever came before', () => {
    const range = rangeOf('workloadendpoints');
    const piece = fc.oneof(
      fc.constantFrom('/', 'shop', 'shop/', 'shop/web', 'é', '', range.prefix),
      fc.uint8Array({ maxLength: 2 }),
    );
    const key = fc
      .array(piece, { maxLength: 5 })
      .map((pieces) => Buffer.concat([range.start, ...pieces.map((each) => Buffer.from(each as string))]));
    const foreign = fc.constantFrom(Buffer.from('/calico/other/a/b'), Buffer.alloc(0));
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: key }, foreign), { maxLength: 12 }), (keys) => {
        const reader = new NamespacedKeys(range);
        for (const each of keys) assert.deepEqual(reader.parse(each), parseKey(each, range, true));
      }),
      { seed },
    );
  });
});
