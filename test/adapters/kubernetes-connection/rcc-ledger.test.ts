import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type GroupView,
  RccLedger,
  type ShownRcc,
} from '../../../src/adapters/kubernetes/local/rcc-ledger.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';

const failure = new DatastoreError('retry', 'ServerError', 'it failed');

function view(name: string, state: GroupView['state'], names?: string): GroupView {
  return { name, state, rccs: names === undefined ? undefined : rccsOf(names, name), failure: undefined };
}

/** Of each name the UID is `<uids>-<name>`. */
function rccsOf(names: string, uids = 'uid'): ReadonlyMap<string, ShownRcc> {
  return new Map(
    names
      .split(' ')
      .filter(Boolean)
      .map((name) => [name, { spec: {}, uid: `${uids}-${name}` }]),
  );
}

function ledger(v1: GroupView, v3: GroupView): RccLedger {
  const created = new RccLedger([v1, v3]);
  created.refresh();
  return created;
}

const namesOf = (rccs: RccLedger): string =>
  rccs
    .snapshot()
    .documents.map((document) => `${document.name}@${document.origin}`)
    .join(' ');

describe('RccLedger', () => {
  it('one RCC seen through both groups is one, named after the first', () => {
    const rccs = ledger(view('v1', 'served', 'b a'), view('v3', 'served', 'a c'));
    assert.equal(namesOf(rccs), 'a@v1 b@v1 c@v3');
    assert.equal(rccs.snapshot().problem, undefined);
  });

  it('is ready when each group was listed, found absent or failed', () => {
    const v1 = view('v1', 'served');
    const v3 = view('v3', undefined);
    const rccs = ledger(v1, v3);
    assert.equal(rccs.ready, false);
    v1.rccs = rccsOf('');
    assert.equal(rccs.ready, false);
    v3.failure = failure;
    assert.equal(rccs.ready, true);
    assert.equal(rccs.snapshot().problem?.reason, 'ServerError');
  });

  type Change = (v1: GroupView, v3: GroupView) => void;
  const table: readonly [name: string, change: Change, deleted: boolean, problem: string | undefined][] = [
    ['vanished from a healthy group', (v1) => (v1.rccs = rccsOf('')), true, undefined],
    [
      'vanished, the other group absent',
      (v1, v3) => {
        v1.rccs = rccsOf('');
        v3.state = 'absent';
      },
      true,
      undefined,
    ],
    ['the group is absent', (v1) => (v1.state = 'absent'), false, 'SourceMissing'],
    [
      'the group is terminating',
      (v1) => {
        v1.rccs = rccsOf('');
        v1.state = 'terminating';
      },
      false,
      'SourceMissing',
    ],
    [
      'the group failed after it vanished',
      (v1) => {
        v1.rccs = rccsOf('');
        v1.failure = failure;
      },
      false,
      'ServerError',
    ],
    [
      'the other group fails: it may have a copy',
      (v1, v3) => {
        v1.rccs = rccsOf('');
        v3.failure = failure;
      },
      false,
      'ServerError',
    ],
    [
      'the other group just appeared and is not listed yet',
      (v1, v3) => {
        v1.rccs = rccsOf('');
        v3.state = 'served';
        v3.rccs = undefined;
      },
      false,
      undefined,
    ],
    [
      'the other group is terminating',
      (v1, v3) => {
        v1.rccs = rccsOf('');
        v3.state = 'terminating';
      },
      false,
      'SourceMissing',
    ],
  ];
  for (const [name, change, deleted, problem] of table) {
    it(`${name}: ${deleted ? 'deleted' : 'kept'}`, () => {
      const v1 = view('v1', 'served', 'a');
      const v3 = view('v3', 'served', '');
      const rccs = ledger(v1, v3);
      change(v1, v3);
      rccs.refresh();
      assert.equal(namesOf(rccs), 'a@v1', 'nothing goes before it is settled');
      rccs.settle(['a']);
      assert.equal(namesOf(rccs), deleted ? '' : 'a@v1');
      assert.equal(rccs.snapshot().problem?.reason, problem);
    });
  }

  it('settles only what it is told', () => {
    const v1 = view('v1', 'served', 'a b');
    const rccs = ledger(v1, view('v3', 'absent'));
    v1.rccs = rccsOf('');
    rccs.refresh();
    assert.deepEqual(rccs.unsettled(), ['a', 'b']);
    rccs.settle(['a']);
    assert.equal(namesOf(rccs), 'b@v1');
  });

  it('names the object of the group that an RCC is taken from, also after it was made anew', () => {
    const v1 = view('crd/v1', 'served', 'a b');
    const rccs = ledger(v1, view('v3', 'served', 'b c'));
    const objects = (): unknown[] => rccs.snapshot().documents.map(({ object }) => object);
    const v3 = [{ apiVersion: 'v3', uid: 'v3-c' }];
    assert.deepEqual(objects(), [
      { apiVersion: 'crd/v1', uid: 'crd/v1-a' },
      { apiVersion: 'crd/v1', uid: 'crd/v1-b' },
      ...v3,
    ]);
    v1.rccs = rccsOf('a', 'again');
    rccs.refresh();
    assert.deepEqual(objects(), [
      { apiVersion: 'crd/v1', uid: 'again-a' },
      { apiVersion: 'v3', uid: 'v3-b' },
      ...v3,
    ]);
  });

  it('a copy in the other group takes over', () => {
    const v1 = view('v1', 'served', 'a');
    const v3 = view('v3', 'served', 'a');
    const rccs = ledger(v1, v3);
    v1.state = 'absent';
    rccs.refresh();
    assert.equal(namesOf(rccs), 'a@v3');
    assert.equal(rccs.snapshot().problem, undefined);
  });

  it('no group at all is a problem with a name', () => {
    const rccs = ledger(view('v1', 'absent'), view('v3', 'absent'));
    assert.match(rccs.snapshot().problem?.message ?? '', /neither in v1 nor v3/);
  });
});
