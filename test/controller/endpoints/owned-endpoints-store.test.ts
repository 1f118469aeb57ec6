import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { OwnedEndpointsStore } from '../../../src/controller/endpoints/owned-endpoints-store.ts';
import { object } from './fixture.ts';

const version = (resourceVersion: string, uid = 'e-1'): ReturnType<typeof object> =>
  object({ metadata: { resourceVersion, uid } });

describe('OwnedEndpointsStore', () => {
  let store = new OwnedEndpointsStore();
  let told: string[] = [];
  beforeEach(() => {
    store = new OwnedEndpointsStore();
    told = [];
    store.onChange((namespace, name) => told.push(`${namespace}/${name}`));
  });
  const held = (): string | undefined => store.get('shop', 'web')?.resourceVersion;

  it('takes the newer of watch and answer, in either order, and tells each change once', () => {
    store.listed([version('99')]);
    store.accepted(version('100'));
    store.changed([{ op: 'put', object: version('99') }]);
    store.changed([{ op: 'put', object: version('100') }]);
    assert.equal(held(), '100');
    store.changed([{ op: 'put', object: version('101') }]);
    store.accepted(version('100'));
    assert.equal(held(), '101');
    assert.deepEqual(told, ['shop/web', 'shop/web', 'shop/web']);
  });

  it('deletes by UID: a late deletion does not touch the successor', () => {
    store.listed([version('1')]);
    store.accepted(version('3', 'e-2'));
    store.changed([{ op: 'delete', namespace: 'shop', name: 'web', uid: 'e-1' }]);
    assert.equal(held(), '3');
    store.changed([{ op: 'delete', namespace: 'shop', name: 'web', uid: 'e-2' }]);
    assert.equal(held(), undefined);
  });

  it('does not let the watch bring back what was deleted by us', () => {
    store.listed([version('1')]);
    store.removed('shop', 'web', 'e-1');
    store.changed([{ op: 'put', object: version('1') }]);
    assert.equal(held(), undefined);
    store.changed([{ op: 'delete', namespace: 'shop', name: 'web', uid: 'e-1' }]);
    store.changed([{ op: 'put', object: version('3', 'e-2') }]);
    assert.equal(held(), '3');
  });

  it('forgets what a complete list does not have', () => {
    store.listed([version('1'), object({ metadata: { name: 'other', uid: 'o' } })]);
    store.listed([version('1')]);
    assert.deepEqual(
      [...store.all()].map(({ name }) => name),
      ['web'],
    );
    assert.deepEqual(told, ['shop/web', 'shop/other', 'shop/other']);
  });

  it('knows of foreign objects that they are there, not what they hold, and survives nonsense', () => {
    const subsets = [{ addresses: [{ ip: '10.0.0.1' }] }];
    store.listed([
      object({ annotations: {}, subsets }),
      { kind: 'Endpoints' },
      object({ annotations: 7 as never }),
    ]);
    assert.deepEqual(store.get('shop', 'web')?.subsets, []);
    assert.equal(store.get('shop', 'web')?.selector, undefined);
  });

  it('says why it cannot be read, till the next list; what was told stays', () => {
    assert.equal(store.synced, false);
    store.listed([version('1')]);
    assert.equal(store.synced, true);
    store.failed('no connection');
    assert.equal(store.problem, 'no connection');
    assert.equal(held(), '1');
    store.listed([version('1')]);
    assert.equal(store.problem, undefined);
  });
});
