import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChangeWindow } from '../../../src/feed/journal/change-window.ts';
import type { IndexChange } from '../../../src/contract/lister.ts';
import { service, slice } from '../../index/fixtures.ts';
import { sliceEndpoint } from '../../model/slice-endpoint.ts';

const place = { cluster: 'east', kind: 'Service', namespace: 'shop', name: 'a' } as const;

/** The states of one object, from revision 11 on; `last` is told of what came before revision 11. */
function history(start: 'new' | 'known', ...ops: readonly ('put' | 'delete')[]): IndexChange[] {
  let replaces = start === 'known' ? 1 : undefined;
  return ops.map((op, i) => {
    const revision = 11 + i;
    const last = replaces === 1 || op === 'delete' ? service('a', { uid: `u${replaces}` }) : undefined;
    const content = op === 'put' ? service('a', { uid: `u${revision}` }) : undefined;
    const change = { ...place, revision, op, replaces, last, content };
    replaces = op === 'put' ? revision : undefined;
    return change;
  });
}

describe('the window of changes', () => {
  const told = (changes: readonly IndexChange[]): readonly string[] => {
    const window = new ChangeWindow(Number.POSITIVE_INFINITY);
    for (const each of changes) window.add(each);
    return Array.from(window.take(), ({ change: { revision, op }, isKnown, before }) => {
      const what = op === 'delete' ? 'deleted' : isKnown ? 'modified' : 'added';
      return `${what} at ${revision}${before === undefined ? '' : `, was ${before.uid}`}`;
    });
  };

  it('keeps the last of several states, and what watchers know of the object', () => {
    assert.deepEqual(told(history('known', 'put', 'put', 'put')), ['modified at 13, was u1']);
    assert.deepEqual(told(history('new', 'put', 'put')), ['added at 12']);
  });

  it('keeps deletions of what was there, and nothing of what came and went', () => {
    assert.deepEqual(told(history('known', 'put', 'delete')), ['deleted at 12, was u1']);
    assert.deepEqual(told(history('known', 'delete')), ['deleted at 11, was u1']);
    assert.deepEqual(told(history('new', 'put', 'put', 'delete')), []);
    assert.deepEqual(told(history('new', 'put', 'delete', 'put')), ['added at 13']);
  });

  it('keeps a deletion and the last of what came after it', () => {
    const again = ['delete', 'put', 'put'] as const;
    assert.deepEqual(told(history('known', ...again)), ['deleted at 11, was u1', 'added at 13']);
    assert.deepEqual(told(history('known', ...again, 'delete')), ['deleted at 11, was u1']);
    assert.deepEqual(told(history('known', ...again, 'delete', 'put')), [
      'deleted at 11, was u1',
      'added at 15',
    ]);
  });

  it('knows that an object was there, also where nobody said what it was', () => {
    const [first, second, third] = history('known', 'put', 'put', 'delete');
    assert.ok(first && second && third);
    assert.deepEqual(told([second]), ['modified at 12']);
    assert.deepEqual(told([second, third]), ['deleted at 13, was u12']);
  });

  it('holds a hot object once, and is full of many objects', () => {
    const window = new ChangeWindow(1e9);
    for (let revision = 1; revision <= 100_000; revision++) {
      window.add({ ...place, revision, op: 'put', replaces: revision - 1 });
    }
    assert.equal(window.isFull, false);
    assert.equal([...window.take()].length, 1);
    for (let i = 1; i < 20_000; i++) window.add({ ...place, revision: i, op: 'put', name: `s${i}` });
    assert.equal(window.isFull, false);
    window.add({ ...place, revision: 20_000, op: 'put' });
    assert.equal(window.isFull, true);
  });

  it('is full of large objects, and has room again for what is overtaken or taken', () => {
    const window = new ChangeWindow(100_000);
    const endpoints = Array.from({ length: 100 }, () => sliceEndpoint('10.0.0.1'));
    const large = slice('a-1', 'a', { endpoints });
    const put = (revision: number, replaces?: number): void =>
      window.add({ ...place, kind: 'EndpointSlice', revision, op: 'put', replaces, content: large });
    put(1);
    for (let revision = 2; revision < 100; revision++) put(revision, revision - 1);
    assert.equal(window.isFull, false);
    put(200);
    put(201);
    assert.equal(window.isFull, true);
    window.take();
    assert.equal(window.isFull, false);
  });
});
