import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChangeWindow } from '../../../src/feed/journal/change-window.ts';
import type { IndexChange } from '../../../src/contract/lister.ts';
import { service } from '../../index/fixtures.ts';

describe('the window of changes', () => {
  const before = service('a');
  const change = (revision: number, op: 'put' | 'delete', last?: IndexChange['last']): IndexChange => {
    const place = { cluster: 'east', kind: 'Service', namespace: 'shop', name: 'a' } as const;
    return { revision, op, ...place, ...(last && { last }) };
  };
  const told = (...changes: readonly IndexChange[]): readonly string[] => {
    const window = new ChangeWindow();
    for (const each of changes) window.add(each);
    return window.take().map(({ change: { revision, op }, before: known }) => {
      if (op === 'delete') return `deleted at ${revision}`;
      return known === undefined ? `added at ${revision}` : `modified at ${revision}`;
    });
  };

  it('keeps the last of several states, and whether the object was there before them', () => {
    assert.deepEqual(told(change(1, 'put', before), change(2, 'put', before)), ['modified at 2']);
    assert.deepEqual(told(change(1, 'put'), change(2, 'put', before)), ['added at 2']);
  });

  it('keeps deletions of what was there, and nothing of what came and went', () => {
    assert.deepEqual(told(change(1, 'put', before), change(2, 'delete', before)), ['deleted at 2']);
    assert.deepEqual(told(change(1, 'put'), change(2, 'delete', before)), []);
    assert.deepEqual(told(change(1, 'put'), change(2, 'delete', before), change(3, 'put')), ['added at 3']);
  });

  it('keeps a deletion and the last of what came after it', () => {
    const again = [change(1, 'delete', before), change(2, 'put'), change(3, 'put', before)];
    assert.deepEqual(told(...again), ['deleted at 1', 'added at 3']);
    assert.deepEqual(told(...again, change(4, 'delete', before)), ['deleted at 1']);
    assert.deepEqual(told(...again, change(4, 'delete', before), change(5, 'put')), [
      'deleted at 1',
      'added at 5',
    ]);
  });

  it('holds a hot object once, and is full of many objects or of very many changes', () => {
    const window = new ChangeWindow();
    for (let revision = 1; revision < 100_000; revision++) window.add(change(revision, 'put', before));
    assert.equal(window.isFull, false);
    window.add(change(100_000, 'put', before));
    assert.equal(window.isFull, true);
    assert.equal(window.take().length, 1);
    assert.equal(window.isFull, false);
    for (let i = 0; i < 4000; i++) window.add({ ...change(i, 'put'), name: `s${i}` });
    assert.equal(window.isFull, true);
  });
});
