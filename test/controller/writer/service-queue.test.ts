import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Rank, RANKS } from '../../../src/model/edit-rank.ts';
import { RankQueue } from '../../../src/controller/writer/rank-queue.ts';
import { ServiceQueue } from '../../../src/controller/writer/service-queue.ts';
import { check } from '../../model/property.ts';

interface Item {
  readonly id: number;
  readonly since: number;
}

const item = (id: number, since = id): Item => ({ id, since });

function drain(queue: RankQueue<Item>): number[] {
  const order: number[] = [];
  for (let next = queue.first(); next; next = queue.first()) {
    order.push(next.id);
    queue.delete(next);
  }
  return order;
}

describe('RankQueue', () => {
  it('gives the more urgent rank first, within it the one that waits longest', () => {
    const queue = new RankQueue<Item>(60_000);
    const ranks: Rank[] = ['cosmetic', 'add', 'withdraw', 'add', 'not-ready', 'withdraw'];
    for (const [i, rank] of ranks.entries()) queue.set(item(i), rank);
    assert.deepEqual(drain(queue), [2, 5, 4, 1, 3, 0]);
  });

  it('lets a rank be made up for by waiting', () => {
    const queue = new RankQueue<Item>(1_000);
    queue.set(item(1, 0), 'cosmetic');
    queue.set(item(2, 2_999), 'withdraw');
    assert.equal(queue.first()?.id, 2);
    queue.set(item(3, 3_001), 'withdraw');
    queue.delete(queue.first() ?? item(0));
    assert.equal(queue.first()?.id, 1);
  });

  it('is what sorting would be, under any moves', () => {
    const move = fc.record({
      id: fc.nat(15),
      rank: fc.option(fc.constantFrom(...RANKS), { nil: undefined }),
    });
    check(
      fc.property(
        fc.array(move, { maxLength: 60 }),
        fc.array(fc.nat(50), { minLength: 16, maxLength: 16 }),
        (moves, times) => {
          const queue = new RankQueue<Item>(20);
          const items = times.map((since, id) => ({ id, since }));
          const model = new Map<Item, Rank>();
          for (const { id, rank } of moves) {
            const moved = items[id];
            if (moved === undefined) continue;
            if (rank === undefined) {
              queue.delete(moved);
              model.delete(moved);
            } else {
              queue.set(moved, rank);
              model.set(moved, rank);
            }
          }
          assert.equal(queue.size, model.size);
          const due = (one: Item | undefined): number =>
            one === undefined ? -1 : one.since + RANKS.indexOf(model.get(one) ?? 'cosmetic') * 20;
          assert.equal(
            queue.oldest(),
            model.size === 0 ? undefined : Math.min(...[...model.keys()].map(({ since }) => since)),
          );
          assert.equal(due(queue.first()), model.size === 0 ? -1 : Math.min(...[...model.keys()].map(due)));
          const drained = drain(queue).map((id) => due(items[id]));
          assert.deepEqual(
            drained,
            drained.toSorted((a, b) => a - b),
          );
          assert.equal(drained.length, model.size);
        },
      ),
    );
  });
});

describe('ServiceQueue', () => {
  it('keeps what is not known as not known, unless nothing is more urgent', () => {
    const queue = new ServiceQueue<Item>(60_000);
    const [a, b] = [item(1), item(2)];
    queue.add(a, undefined);
    queue.add(a, 'add');
    assert.equal(queue.unranked(), a);
    queue.add(b, undefined);
    queue.add(b, 'withdraw');
    assert.equal(queue.rankOf(b), 'withdraw');
    assert.deepEqual(queue.lengths(), { withdraw: 1, 'not-ready': 0, add: 0, cosmetic: 0, unranked: 1 });
    assert.equal(queue.oldest(), 1);
  });

  it('takes the more urgent of two changes', () => {
    const queue = new ServiceQueue<Item>(60_000);
    const a = item(1);
    queue.add(a, 'add');
    queue.add(a, 'cosmetic');
    assert.equal(queue.rankOf(a), 'add');
    queue.add(a, 'not-ready');
    assert.equal(queue.rankOf(a), 'not-ready');
    queue.rank(a, 'cosmetic');
    assert.equal(queue.rankOf(a), 'cosmetic');
    queue.delete(a);
    assert.equal(queue.size, 0);
    assert.equal(queue.oldest(), undefined);
  });
});
