import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { DaemonEvent } from '../../src/contract/event.ts';
import type { IndexChange } from '../../src/contract/lister.ts';
import { ChangeRing } from '../../src/index/change-ring.ts';
import { CommitLog } from '../../src/index/commit-log.ts';
import { nameText, propertyOptions } from './fixtures.ts';

const place = { cluster: 'east', kind: 'Service' } as const;

describe('ChangeRing', () => {
  it('keeps the newest records whole, whatever their names', () => {
    const names = fc.array(fc.tuple(nameText, fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 20 }), (all, capacity) => {
        const ring = new ChangeRing(capacity);
        const expected: IndexChange[] = [];
        for (const [i, [name, isPut]] of all.entries()) {
          const op = isPut ? 'put' : 'delete';
          ring.push(i + 1, op, place, { namespace: 'shop', name });
          expected.push({ revision: i + 1, op, ...place, namespace: 'shop', name });
        }
        assert.deepEqual(ring.after(0), expected.slice(-capacity));
        assert.equal(ring.lost, Math.max(0, all.length - capacity));
      }),
      propertyOptions,
    );
  });

  it('gives up records for the bytes of long names, and says up to where', () => {
    const ring = new ChangeRing(10);
    const long = 'x'.repeat(900);
    for (let revision = 1; revision <= 10; revision++) {
      ring.push(revision, 'put', place, { namespace: '', name: `${revision}${long}` });
    }
    const kept = ring.after(0);
    assert.equal(kept.length, 3);
    assert.equal(ring.lost, 7);
    assert.equal(kept[2]?.name, `10${long}`);
    ring.push(11, 'put', place, { namespace: '', name: 'y'.repeat(100_000) });
    assert.deepEqual(ring.after(0), []);
    assert.equal(ring.lost, 11);
    ring.push(12, 'delete', place, { namespace: '', name: 'z' });
    assert.deepEqual(
      ring.after(11).map((change) => change.name),
      ['z'],
    );
  });

  it('makes the name of a WorkloadEndpoint of its parts', () => {
    const ring = new ChangeRing(4);
    const key = {
      namespace: 'shop',
      node: 'node-1',
      orchestrator: 'k8s',
      workload: 'web-0',
      endpoint: 'eth0',
    };
    ring.push(1, 'put', { cluster: 'west', kind: 'WorkloadEndpoint' }, key);
    assert.equal(ring.after(0)[0]?.name, 'node--1-k8s-web--0-eth0');
    assert.equal(ring.after(0)[0]?.cluster, 'west');
  });
});

describe('CommitLog', () => {
  const key = { namespace: '', name: 'a' };

  it('gives each record a revision when it is committed, and an empty commit none', () => {
    const log = new CommitLog(8, () => {});
    log.record('put', place, key);
    log.record('delete', place, key);
    assert.equal(log.revision, 0);
    log.commit();
    log.commit();
    assert.equal(log.revision, 2);
    const changes = log.changes(0);
    assert.ok(changes.state === 'ok');
    assert.deepEqual(
      changes.changes.map((change) => change.revision),
      [1, 2],
    );
  });

  it('takes a bump as a commit of which nobody is told', () => {
    const log = new CommitLog(8, () => {});
    const told: number[] = [];
    log.onCommit((changes) => told.push(changes.length));
    log.record('put', place, key);
    log.commit();
    assert.deepEqual([log.bump(), log.bump()], [2, 3]);
    log.record('put', place, key);
    log.commit();
    assert.deepEqual(told, [1, 1]);
    for (const since of [1, 2, 3, 4]) {
      const answer = log.changes(since);
      assert.ok(answer.state === 'ok');
      assert.equal(answer.revision, 4);
      assert.deepEqual(
        answer.changes.map(({ revision }) => revision),
        since < 4 ? [4] : [],
      );
    }
  });

  it('says expired for what it does not reach back to, and for revisions that never were', () => {
    const log = new CommitLog(2, () => {});
    for (let i = 0; i < 4; i++) {
      log.record('put', place, key);
      log.commit();
    }
    for (const since of [1, 0, 5, -1, Number.NaN])
      assert.deepEqual(log.changes(since), { state: 'expired' }, `${since}`);
    const two = log.changes(2);
    assert.equal(two.state === 'ok' && two.changes.length, 2);
    assert.deepEqual(log.changes(4), { state: 'ok', revision: 4, changes: [] });
  });

  it('reports a listener that throws; the others still hear', () => {
    const events: DaemonEvent[] = [];
    const log = new CommitLog(8, (event) => events.push(event));
    const heard: (readonly IndexChange[])[] = [];
    log.onCommit(() => {
      throw new Error('broken');
    });
    const stop = log.onCommit((changes) => heard.push(changes));
    log.record('put', place, key);
    log.commit();
    stop();
    log.record('put', place, key);
    log.commit();
    assert.equal(heard.length, 1);
    assert.equal(heard[0]?.[0]?.name, 'a');
    assert.equal(events.filter((event) => event.event === 'internal.error').length, 2);
  });

  it('tells every listener the commits in order, even if one makes another', () => {
    const log = new CommitLog(8, () => {});
    const heard: number[] = [];
    let isFirst = true;
    log.onCommit(() => {
      if (!isFirst) return;
      isFirst = false;
      log.record('delete', place, key);
      log.commit();
    });
    log.onCommit((changes) => heard.push(changes[0]?.revision ?? 0));
    log.record('put', place, key);
    log.commit();
    assert.deepEqual(heard, [1, 2]);
  });
});
