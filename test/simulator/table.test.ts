import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { Table } from '../../src/simulator/table.ts';
import { check } from '../model/property.ts';

interface Row {
  readonly key: string;
  readonly revision: number;
}

/** Applies writes and deletes of a few keys; remembers the state after each revision. */
function play(table: Table<Row>, operations: readonly (readonly [string, boolean])[]): Row[][] {
  const model = new Map<string, Row>();
  const states: Row[][] = [[]];
  for (const [i, [key, deletes]] of operations.entries()) {
    const revision = i + 1;
    if (deletes) {
      table.delete(key, revision);
      model.delete(key);
    } else {
      table.put({ key, revision });
      model.set(key, { key, revision });
    }
    states.push([...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1)));
  }
  return states;
}

const operations = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c/1', 'c-1', 'd'), fc.boolean()), {
  maxLength: 40,
});

describe('Table', () => {
  it('shows the state at every revision that its log reaches, and refuses the others', () => {
    check(
      fc.property(operations, fc.integer({ min: 1, max: 50 }), (history, limit) => {
        const table = new Table<Row>(limit);
        const states = play(table, history);
        for (const [revision, state] of states.entries()) {
          const seen = table.at(revision, history.length);
          assert.deepEqual(seen, revision < table.floor ? 'compacted' : state);
        }
        assert.equal(table.at(history.length + 1, history.length), 'future');
      }),
    );
  });

  it('lets a reader of the log arrive at the same state as a reader of the table', () => {
    check(
      fc.property(operations, fc.nat(40), (history, from) => {
        const table = new Table<Row>(1000);
        const states = play(table, history);
        const start = Math.min(from, history.length);
        const rows = new Map((states[start] ?? []).map((row) => [row.key, row]));
        let sequence = table.sequenceFrom(start + 1);
        assert.ok(sequence !== undefined);
        for (let change = table.change(sequence); change; change = table.change(++sequence)) {
          if (change.item) rows.set(change.key, change.item);
          else rows.delete(change.key);
        }
        assert.deepEqual(
          [...rows.keys()].sort(),
          table.all().map((row) => row.key),
        );
      }),
    );
  });

  it('never alters an array that it handed out', () => {
    const table = new Table<Row>(10);
    table.put({ key: 'a', revision: 1 });
    const before = table.all();
    table.put({ key: 'b', revision: 2 });
    table.put({ key: 'a', revision: 3 });
    assert.deepEqual(before, [{ key: 'a', revision: 1 }]);
  });

  it('keeps what happened at the compacted revision and forgets what was before', () => {
    const table = new Table<Row>(10);
    for (let revision = 1; revision <= 4; revision++) table.put({ key: 'a', revision });
    table.compact(3);
    assert.equal(table.sequenceFrom(2), undefined);
    assert.equal(table.change(table.sequenceFrom(3) ?? -1)?.revision, 3);
    assert.deepEqual(table.at(2, 4), 'compacted');
    assert.deepEqual(table.at(3, 4), [{ key: 'a', revision: 3 }]);
  });
});
