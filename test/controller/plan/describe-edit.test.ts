import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyEdits } from '../../../src/controller/plan/apply-edits.ts';
import { describeEdit, describeEdits } from '../../../src/controller/plan/describe-edit.ts';
import { endpoint, endpoints, http2c, part, planned, service, slice } from './fixtures.ts';

describe('describeEdit', () => {
  it('says who enters, leaves and changes, with all that is written of them', () => {
    const pod = { kind: 'Pod', namespace: 'shop', name: 'east/web-1', uid: 'u' };
    const old = slice('a', [endpoint('10.0.0.1'), endpoint('10.0.0.2', { ready: undefined, zone: 'z' })]);
    const list = [
      endpoint('10.0.0.1', { ready: false, terminating: true }),
      endpoint('10.0.0.3', { zone: 'z', nodeName: 'n', hostname: 'h', targetRef: pod }),
    ];
    const [edit] = planned(service([part(list)]), [old]);
    assert.ok(edit !== undefined);
    assert.deepEqual(describeEdit(edit), {
      op: 'update',
      phase: 1,
      rank: 'withdraw',
      namespace: 'shop',
      slice: 'a',
      service: 'web',
      cluster: 'east',
      family: 'IPv4',
      ports: ['http 8080/TCP'],
      added: ['10.0.0.3 ready serving not terminating, zone z, node n, hostname h, Pod east/web-1 u'],
      removed: ['10.0.0.2 ready (unset) serving not terminating, zone z'],
      changed: ['10.0.0.1 ready serving not terminating → 10.0.0.1 not ready serving terminating'],
    });
  });

  it('names the local cluster and all ports, and what is put right beside the endpoints', () => {
    const local = part(endpoints(1), { cluster: null, ports: [] });
    const [edit] = planned(service([local]), [
      slice('a', endpoints(1), { cluster: null, ports: [], intact: false }),
    ]);
    assert.ok(edit !== undefined);
    const { cluster, ports, changed } = describeEdit(edit);
    assert.deepEqual(
      [cluster, ports, changed],
      ['(local)', [], ['labels, owner or fields of others put right']],
    );
  });

  it('compares the second edit of a slice with what the first one wrote', () => {
    const old = slice('a', endpoints(4));
    // .1 is withdrawn, .4 goes to another port set, .2 and .3 stay.
    const desired = service([part(endpoints(2, 2)), part(endpoints(1, 4), { ports: [http2c] })]);
    const told = describeEdits(planned(desired, [old])).map(({ phase, op, slice, removed, added }) => [
      phase,
      op,
      slice === 'a' ? 'a' : 'new',
      removed.length,
      added.length,
    ]);
    assert.deepEqual(told, [
      [1, 'update', 'a', 1, 0],
      [1, 'create', 'new', 0, 1],
      [2, 'update', 'a', 1, 0],
    ]);
  });
});

describe('applyEdits', () => {
  it('refuses edits of slices that are not there, and creates of those that are', () => {
    const edits = planned(service([part(endpoints(1))]), []);
    const made = applyEdits([], edits);
    assert.throws(() => applyEdits(made, edits), /already there/);
    const gone = planned(service([]), made);
    assert.deepEqual(applyEdits(made, gone), []);
    assert.throws(() => applyEdits([], gone), /not there/);
  });
});
