import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HashIndex, NONE } from '../../src/index/hash-index.ts';
import { finishHash, hashNumber } from '../../src/index/hash.ts';
import { seededRandom } from '../../src/runtime/random.ts';

function idsOf(index: HashIndex, hash: number): number[] {
  const ids: number[] = [];
  for (let id = index.first(hash); id !== NONE; id = index.next()) ids.push(id);
  return ids.sort((a, b) => a - b);
}

function compare(index: HashIndex, model: ReadonlyMap<number, ReadonlySet<number>>): void {
  let size = 0;
  for (const [hash, ids] of model) {
    assert.deepEqual(
      idsOf(index, hash),
      [...ids].sort((a, b) => a - b),
    );
    size += ids.size;
  }
  assert.equal(index.size, size);
}

describe('HashIndex', () => {
  it('equals a map of sets under random adds, removes and replacements', () => {
    const random = seededRandom(3);
    for (const spread of [7, 500, 2 ** 32]) {
      const index = new HashIndex();
      const model = new Map<number, Set<number>>();
      for (let step = 0; step < 20_000; step++) {
        const hash = spread === 7 ? Math.floor(random() * 7) * 0x2000_0001 : Math.floor(random() * spread);
        const ids = model.get(hash) ?? new Set<number>();
        model.set(hash, ids);
        const [known] = ids;
        if (known !== undefined && random() < 0.45) {
          index.remove(hash, known);
          ids.delete(known);
        } else if (known !== undefined && random() < 0.2) {
          index.replace(hash, known, step);
          ids.delete(known);
          ids.add(step);
        } else if (ids.size < 60) {
          index.add(hash, step);
          ids.add(step);
        }
      }
      compare(index, model);
    }
  });

  it('finds everything through all splits of a large table, and nothing else', () => {
    const index = new HashIndex();
    const hashOf = (id: number): number => finishHash(hashNumber(1, id));
    for (let id = 0; id < 200_000; id++) index.add(hashOf(id), id);
    for (let id = 0; id < 200_000; id += 7) assert.ok(idsOf(index, hashOf(id)).includes(id));
    for (let id = 0; id < 200_000; id += 2) index.remove(hashOf(id), id);
    for (let id = 0; id < 2000; id++) assert.equal(idsOf(index, hashOf(id)).includes(id), id % 2 === 1);
    assert.equal(index.size, 100_000);
    assert.ok(index.bytes < 200_000 * 13, `${index.bytes} bytes`);
  });

  it('works when all hashes are equal or share their leading bits', () => {
    const index = new HashIndex();
    for (let id = 0; id < 5000; id++) index.add(42, id);
    assert.equal(idsOf(index, 42).length, 5000);
    for (let id = 0; id < 20_000; id++) index.add(id, id + 10_000);
    assert.deepEqual(idsOf(index, 19_999), [29_999]);
  });

  it('does not grow under endless churn', () => {
    const index = new HashIndex();
    const hashOf = (id: number): number => finishHash(hashNumber(9, id));
    for (let id = 0; id < 1000; id++) index.add(hashOf(id), id);
    const bytes = index.bytes;
    for (let id = 1000; id < 300_000; id++) {
      index.add(hashOf(id), id);
      index.remove(hashOf(id - 1000), id - 1000);
    }
    assert.equal(index.size, 1000);
    assert.ok(index.bytes <= bytes * 1.3, `${bytes} became ${index.bytes}`);
  });
});
