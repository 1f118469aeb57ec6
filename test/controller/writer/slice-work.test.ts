import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LocalApi, WriteError, type WriteOptions } from '../../../src/contract/local-api.ts';
import type { OwnedSlice } from '../../../src/controller/owned/owned-slice.ts';
import type { Edit } from '../../../src/controller/plan/edit.ts';
import { SliceWork } from '../../../src/controller/writer/slice-work.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { content, sliceJson } from './slices.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const wanted = content('shop/web', 'web-1', ['10.0.0.1', '10.0.0.2']);
const of: OwnedSlice = {
  ...content('shop/web', 'web-1', ['10.0.0.1']),
  endpoints: [endpoint('10.0.0.1')],
  uid: 'u1',
  resourceVersion: '7',
  ownerUid: '',
  intact: true,
  deleting: false,
};
const collection = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const create: Edit = { op: 'create', phase: 1, rank: 'add', content: wanted };
const update: Edit = { op: 'update', phase: 1, rank: 'add', content: wanted, of };
const remove: Edit = { op: 'delete', phase: 2, rank: 'withdraw', of };
const options: WriteOptions = { signal: new AbortController().signal, timeoutMs: 5 };
const answer: JsonObject = { metadata: { namespace: 'shop', name: 'web-1', uid: 'u2' } };

/** Runs the work against an API that answers what it is told; the calls and what the sink was told, in order. */
async function told(edit: Edit, how: 'run' | 'refresh', answers: () => Promise<unknown>): Promise<unknown[]> {
  const events: unknown[] = [];
  const answering =
    (verb: string) =>
    (...args: unknown[]): Promise<never> => {
      events.push([verb, ...args.filter((arg) => arg !== options && arg !== options.signal)]);
      return answers() as Promise<never>;
    };
  const [get, post, merge, del] = ['get', 'create', 'merge', 'remove'].map(answering);
  const api = { get, create: post, merge, remove: del } as unknown as LocalApi;
  const work = new SliceWork(edit, sliceJson, {
    accepted: (object) => events.push(['accepted', object]),
    removed: (...args) => events.push(['removed', ...args]),
  });
  await (how === 'run' ? work.run(api, options) : work.refresh(api, options.signal));
  return events;
}

describe('SliceWork', () => {
  it('creates, and hands on what was accepted', async () => {
    assert.deepEqual(await told(create, 'run', () => Promise.resolve(answer)), [
      ['create', collection, sliceJson.toCreate(wanted)],
      ['accepted', answer],
    ]);
  });

  it('patches only what has still the version and UID that was planned from', async () => {
    assert.deepEqual(await told(update, 'run', () => Promise.resolve(answer)), [
      [
        'merge',
        `${collection}/web-1`,
        {
          metadata: { uid: 'u1', resourceVersion: '7' },
          endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }],
        },
      ],
      ['accepted', answer],
    ]);
  });

  it('deletes by UID and version, and is content when it is gone already', async () => {
    const expected = [
      ['remove', `${collection}/web-1`, { uid: 'u1', resourceVersion: '7' }],
      ['removed', 'shop', 'web-1', 'u1'],
    ];
    assert.deepEqual(await told(remove, 'run', () => Promise.resolve()), expected);
    const gone = (): Promise<never> => Promise.reject(new WriteError('not-found', 'gone'));
    assert.deepEqual(await told(remove, 'run', gone), expected);
    const changed = (): Promise<never> => Promise.reject(new WriteError('conflict', 'changed'));
    await assert.rejects(told(remove, 'run', changed), /changed/);
  });

  it('reads what is there: the same, another, or nothing', async () => {
    const get = ['get', `${collection}/web-1`];
    const same = { metadata: { uid: 'u1' } };
    assert.deepEqual(await told(update, 'refresh', () => Promise.resolve(same)), [get, ['accepted', same]]);
    assert.deepEqual(await told(update, 'refresh', () => Promise.resolve(answer)), [
      get,
      ['removed', 'shop', 'web-1', 'u1'],
      ['accepted', answer],
    ]);
    const nothing = (): Promise<undefined> => Promise.resolve(undefined);
    assert.deepEqual(await told(remove, 'refresh', nothing), [get, ['removed', 'shop', 'web-1', 'u1']]);
    assert.deepEqual(await told(create, 'refresh', nothing), [get]);
  });

  it('describes itself', () => {
    const sink = { accepted: () => undefined, removed: () => undefined };
    const common = { kind: 'EndpointSlice', namespace: 'shop', name: 'web-1', cluster: 'east' };
    assert.deepEqual(new SliceWork(update, sliceJson, sink).describe(), {
      ...common,
      op: 'update',
      rank: 'add',
      phase: 1,
      endpoints: 2,
    });
    assert.deepEqual(new SliceWork(remove, sliceJson, sink).describe(), {
      ...common,
      op: 'delete',
      rank: 'withdraw',
      phase: 2,
      endpoints: 0,
    });
  });

  it('has a digest by content, not by what is replaced', () => {
    const sink = { accepted: () => undefined, removed: () => undefined };
    const digest = (edit: Edit): string => new SliceWork(edit, sliceJson, sink).digest();
    assert.equal(digest(update), digest({ ...update, of: { ...of, resourceVersion: '8' } }));
    assert.notEqual(digest(update), digest({ ...update, content: content('shop/web', 'web-1', []) }));
  });
});
