import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { OwnedSlices } from '../../../src/controller/owned/owned-slices.ts';
import { isNewer } from '../../../src/controller/owned/resource-version.ts';
import type { SliceContent } from '../../../src/controller/plan/edit.ts';
import type { LocalChange } from '../../../src/contract/local-api.ts';
import { MANAGED_BY_LABEL } from '../../../src/model/federation.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { check } from '../../model/property.ts';
import { endpoints, part, reached, service } from '../plan/fixtures.ts';
import { contentOf, stored } from './fixtures.ts';

interface Version extends Partial<SliceContent> {
  readonly rv: number;
  readonly uid?: string;
}

function object({ rv, uid, ...more }: Version): JsonObject {
  return stored(contentOf({ name: 'a', ...more }), { resourceVersion: String(rv), uid: uid ?? 'u1' });
}

function put(version: Version): LocalChange {
  return { op: 'put', object: object(version) };
}

function del(uid = 'u1', name = 'a'): LocalChange {
  return { op: 'delete', namespace: 'shop', name, uid };
}

function withMetadata(from: JsonObject, change: (metadata: JsonObject) => JsonObject): JsonObject {
  const metadata = from['metadata'] as JsonObject;
  return { ...from, metadata: { ...metadata, ...change(metadata) } };
}

function withLabels(from: JsonObject, labels: JsonObject): JsonObject {
  return withMetadata(from, (metadata) => ({ labels: { ...(metadata['labels'] as JsonObject), ...labels } }));
}

function followed(...objects: JsonObject[]): { slices: OwnedSlices; told: string[] } {
  const slices = new OwnedSlices();
  const told: string[] = [];
  slices.listed(objects);
  slices.onChange((namespace, name) => told.push(`${namespace}/${name}`));
  return { slices, told };
}

const one = { endpoints: endpoints(1) };
const two = { endpoints: endpoints(2) };

describe('OwnedSlices', () => {
  it('is synced after the first list, and tells what it holds by service', () => {
    const slices = new OwnedSlices();
    const told: string[] = [];
    slices.onChange((namespace, name) => told.push(`${namespace}/${name}`));
    assert.equal(slices.synced, false);
    slices.failed('no route');
    assert.equal(slices.problem, 'no route');
    slices.listed([object({ rv: 5 }), object({ rv: 6, name: 'b', uid: 'u2' })]);
    assert.deepEqual([slices.synced, slices.problem, slices.size], [true, undefined, 2]);
    assert.deepEqual(told, ['shop/web']);
    assert.deepEqual([...slices.services()], [{ namespace: 'shop', service: 'web' }]);
    assert.deepEqual(
      slices.ofService('shop', 'web').map(({ name }) => name),
      ['a', 'b'],
    );
    assert.deepEqual(slices.ofService('shop', 'none'), []);
  });

  it('keeps what our write made after the list was, and drops what was gone by then', () => {
    const { slices } = followed(object({ rv: 5 }));
    slices.accepted(object({ rv: 9, name: 'b', uid: 'u2' }));
    slices.listed([object({ rv: 5 })], '8');
    assert.equal(slices.size, 2);
    slices.changed([put({ rv: 9, name: 'b', uid: 'u2' })]);
    assert.equal(slices.size, 2);
    slices.listed([object({ rv: 5 })], '10');
    assert.equal(slices.size, 1);
  });

  it('keeps objects and arrays while nothing changes, and the endpoints over a version of the same content', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    const before = slices.ofService('shop', 'web');
    slices.changed([put({ rv: 5 })]);
    slices.listed([object({ rv: 5 })]);
    assert.equal(slices.ofService('shop', 'web'), before);
    slices.changed([put({ rv: 6 })]);
    const [after] = slices.ofService('shop', 'web');
    assert.equal(after?.resourceVersion, '6');
    assert.equal(after?.endpoints, before[0]?.endpoints);
    assert.deepEqual(told, []);
  });

  it('tells nothing for our accepted writes and their echo, and everything for writes of others', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.accepted(object({ rv: 6, ...one }));
    slices.accepted(object({ rv: 7, name: 'b', uid: 'u2' }));
    slices.changed([put({ rv: 6, ...one }), put({ rv: 7, name: 'b', uid: 'u2' })]);
    slices.removed('shop', 'b', 'u2');
    slices.changed([del('u2', 'b')]);
    assert.deepEqual(told, []);
    slices.changed([put({ rv: 8, ...two })]);
    assert.deepEqual(told, ['shop/web']);
    slices.changed([del()]);
    assert.deepEqual(told, ['shop/web', 'shop/web']);
    assert.equal(slices.size, 0);
  });

  it('an event older than an accepted answer changes nothing', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.accepted(object({ rv: 10, ...one }));
    slices.changed([put({ rv: 9, ...two })]);
    assert.equal(slices.get('shop', 'a')?.endpoints.length, 1);
    assert.deepEqual(told, []);
  });

  it('an answer older than an event does not win, and tells that somebody undid our write', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.changed([put({ rv: 8 })]);
    assert.deepEqual(told, []);
    slices.accepted(object({ rv: 7, ...one }));
    assert.equal(slices.get('shop', 'a')?.resourceVersion, '8');
    assert.deepEqual(told, ['shop/web']);
  });

  it('a delete of another UID is ignored; a recreated object replaces the old one', () => {
    const { slices } = followed(object({ rv: 5 }));
    slices.changed([put({ rv: 9, uid: 'u2' }), del('u1')]);
    assert.equal(slices.get('shop', 'a')?.uid, 'u2');
    slices.removed('shop', 'a', 'u1');
    assert.equal(slices.size, 1);
  });

  it('what was deleted does not come back by a late event, answer or list', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.removed('shop', 'a', 'u1');
    slices.changed([put({ rv: 4 }), put({ rv: 5 })]);
    slices.accepted(object({ rv: 5 }));
    slices.listed([object({ rv: 5 })]);
    assert.equal(slices.size, 0);
    assert.deepEqual(told, []);
  });

  it('a delete that only began (finalizers) leaves it there, as being deleted', () => {
    const { slices } = followed(object({ rv: 5 }));
    slices.removed('shop', 'a', 'u1');
    const ending = withMetadata(object({ rv: 6 }), () => ({ deletionTimestamp: '2026-01-01T00:00:00Z' }));
    slices.changed([{ op: 'put', object: ending }]);
    assert.equal(slices.get('shop', 'a')?.deleting, true);
  });

  it('an object that lost our label goes, and comes back with it', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.changed([del()]);
    slices.changed([put({ rv: 7 })]);
    assert.equal(slices.size, 1);
    slices.changed([{ op: 'put', object: withLabels(object({ rv: 8 }), { [MANAGED_BY_LABEL]: 'another' }) }]);
    assert.equal(slices.size, 0);
    assert.equal(told.length, 3);
  });

  it('a list removes what is not in it', () => {
    const { slices, told } = followed(
      object({ rv: 5 }),
      object({ rv: 6, name: 'b', uid: 'u2', service: 'db' }),
    );
    slices.listed([object({ rv: 5 })]);
    assert.deepEqual([slices.size, told], [1, ['shop/db']]);
  });

  it('a changed service label tells both services; a missing one files it under its owner; else it is an orphan', () => {
    const { slices, told } = followed(object({ rv: 5 }));
    slices.changed([
      { op: 'put', object: withLabels(object({ rv: 6 }), { 'kubernetes.io/service-name': 'db' }) },
    ]);
    assert.deepEqual(told.toSorted(), ['shop/db', 'shop/web']);
    assert.equal(slices.ofService('shop', 'db').length, 1);
    const unlabelled = withLabels(object({ rv: 7 }), { 'kubernetes.io/service-name': '' });
    slices.changed([{ op: 'put', object: unlabelled }]);
    assert.equal(slices.ofService('shop', 'web')[0]?.service, '');
    assert.deepEqual(slices.orphans(), []);
    const alone = withMetadata(unlabelled, () => ({ resourceVersion: '8', ownerReferences: [] }));
    slices.changed([{ op: 'put', object: alone }]);
    assert.deepEqual(
      slices.orphans().map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual([...slices.services()], []);
    assert.ok(told.includes('shop/'));
  });

  it('somebody who takes the cluster label off does not make a slice look local', () => {
    const [made] = reached(service([part(endpoints(2))]), []);
    assert.ok(made !== undefined);
    const version = { name: made.name, endpoints: made.endpoints, ports: made.ports };
    const { slices, told } = followed(object({ rv: 5, ...version }));
    slices.changed([{ op: 'put', object: object({ rv: 6, ...version, cluster: null }) }]);
    const slice = slices.get('shop', made.name);
    assert.deepEqual([slice?.cluster, slice?.intact, slice?.resourceVersion], ['east', false, '6']);
    assert.equal(told.length, 1);
    slices.accepted(object({ rv: 7, ...version }));
    assert.equal(slices.get('shop', made.name)?.intact, true);
  });

  it('remembers that another owner has a name that we wanted', () => {
    const { slices } = followed();
    const other = withLabels(object({ rv: 5 }), { [MANAGED_BY_LABEL]: 'another' });
    slices.accepted(other);
    assert.deepEqual([slices.size, slices.isForeign('shop', 'a')], [0, true]);
    slices.accepted(object({ rv: 9, uid: 'u2' }));
    assert.equal(slices.isForeign('shop', 'a'), false);
  });

  it('names what it cannot read, and goes on', () => {
    const { slices } = followed();
    slices.changed([{ op: 'put', object: { metadata: {} } }, put({ rv: 5 })]);
    assert.equal(slices.size, 1);
    assert.match(slices.unreadable.join(), /metadata\.namespace/);
  });

  it('ends with the newest state, whatever comes late of watch and answers', () => {
    const scenario = fc.record({
      // One object's life: each step a new version, by us or by others; then perhaps its end.
      steps: fc.array(fc.record({ ours: fc.boolean(), size: fc.integer({ min: 0, max: 3 }) }), {
        minLength: 1,
        maxLength: 8,
      }),
      ends: fc.constantFrom('no', 'ours', 'theirs'),
      delays: fc.array(fc.nat(5), { minLength: 10, maxLength: 10 }),
    });
    check(
      fc.property(scenario, ({ steps, ends, delays }) => {
        const slices = new OwnedSlices();
        slices.listed([]);
        const deliveries: { at: number; deliver: () => void }[] = [];
        steps.forEach(({ ours, size }, i) => {
          const version = { rv: 10 + i, endpoints: endpoints(size) };
          // The watch keeps its order; our answers come before or after by any delay.
          deliveries.push({ at: i + 0.5, deliver: () => slices.changed([put(version)]) });
          if (ours)
            deliveries.push({
              at: i - 3 + (delays[i] ?? 0) + 0.2,
              deliver: () => slices.accepted(object(version)),
            });
        });
        const last = steps.length;
        if (ends !== 'no') deliveries.push({ at: last + 0.5, deliver: () => slices.changed([del()]) });
        if (ends === 'ours') {
          deliveries.push({
            at: last - 3 + (delays[9] ?? 0) + 0.2,
            deliver: () => slices.removed('shop', 'a', 'u1'),
          });
        }
        for (const { deliver } of deliveries.sort((a, b) => a.at - b.at)) deliver();
        const slice = slices.get('shop', 'a');
        if (ends !== 'no') assert.equal(slice, undefined);
        else {
          assert.equal(slice?.resourceVersion, String(10 + last - 1));
          assert.equal(slice.endpoints.length, steps.at(-1)?.size);
        }
      }),
    );
  });
});

describe('resource versions', () => {
  it('are compared as decimal numbers of any length', () => {
    assert.ok(isNewer('10', '9') && !isNewer('9', '10') && !isNewer('9', '9'));
    assert.ok(isNewer('18446744073709551617', '18446744073709551616'));
    assert.ok(isNewer('abc', '9') && isNewer('9', 'abc') && !isNewer('abc', 'abc'));
  });
});
