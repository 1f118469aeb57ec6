import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service } from '../../../src/model/service.ts';
import { labels, service, slice } from '../../index/fixtures.ts';
import { federated, SelectionRig } from './fixtures.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const web = { labels: labels({ app: 'web' }) };

function rigWith(own: Service | undefined): SelectionRig {
  const rig = new SelectionRig();
  if (own) rig.put(null, own);
  rig.put('east', service('web', web), slice('web-1', 'web', { endpoints: [endpoint('10.1.0.1')] }));
  return rig.start();
}

describe('states of a federated service', () => {
  const cases: readonly [string, Service | undefined, string | undefined, RegExp][] = [
    ['federated', federated('global', 'app == "web"'), undefined, /^federated$/],
    ['no-matches', federated('global', 'app == "db"'), undefined, /no service of its namespace/],
    [
      'has-selector',
      federated('global', 'all()', { selector: labels({ a: 'b' }) }),
      'SpecSelectorSet',
      /spec\.selector/,
    ],
    ['empty-selector', federated('global', ' '), 'SelectorEmpty', /select every service/],
    ['bad-selector', federated('global', 'app == '), 'SelectorInvalid', /at position \d+/],
    [
      'external-name',
      federated('global', 'all()', { type: 'ExternalName' }),
      'ExternalNameFederated',
      /ExternalName/,
    ],
    ['not-annotated', service('global', { uid: 'uid-global' }), undefined, /no annotation/],
    ['gone', undefined, undefined, /no such service/],
  ];
  for (const [state, own, warning, message] of cases) {
    it(state, () => {
      const { selection } = rigWith(own);
      const desired = selection.desired('shop', 'global');
      assert.equal(desired.state, state);
      assert.match(desired.message, message);
      assert.deepEqual(selection.state('shop', 'global'), { state, message: desired.message });
      assert.deepEqual([desired.namespace, desired.name], ['shop', 'global']);
      assert.equal(desired.uid, own === undefined ? '' : 'uid-global');
      assert.equal(desired.parts.length, state === 'federated' ? 1 : 0);
      assert.deepEqual(
        desired.warnings.map(({ code }) => code),
        warning === undefined ? [] : [warning],
      );
      const annotated = state !== 'gone' && state !== 'not-annotated';
      assert.deepEqual(selection.keys(), annotated ? [{ namespace: 'shop', name: 'global' }] : []);
    });
  }

  it('tells a bad selector in a message of bounded length that moves no cursor', () => {
    const { selection } = rigWith(federated('global', `app == "x" && \u001b[31m${'y'.repeat(100_000)}`));
    const { message, state } = selection.state('shop', 'global');
    assert.equal(state, 'bad-selector');
    assert.ok(message.length < 300, String(message.length));
    assert.ok(!message.includes('\u001b'));
  });

  it('withdraws what is not federated in every cluster, but only once the local data is complete', () => {
    const rig = rigWith(federated('global', 'broken =='));
    rig.held.add('east');
    for (const name of ['global', 'gone']) {
      const desired = rig.selection.desired('shop', name);
      assert.deepEqual([desired.isHeld('east'), desired.isHeld(null)], [false, false]);
      rig.held.add(null);
      assert.deepEqual([desired.isHeld('east'), desired.isHeld(null)], [true, true]);
      rig.held.delete(null);
    }
  });
});

describe('a cluster that is held', () => {
  it('has no part, and the plan is told so; other clusters go on', () => {
    const rig = rigWith(federated('global', 'all()'));
    rig.put('west', service('web'), slice('web-1', 'web', { endpoints: [endpoint('10.2.0.1')] }));
    rig.held.add('west').add('unknown');
    const desired = rig.selection.desired('shop', 'global');
    assert.deepEqual(rig.shown('global'), ['east IPv4 [http:80/TCP] 10.1.0.1']);
    assert.deepEqual(
      [null, 'east', 'west', 'unknown'].map((cluster) => desired.isHeld(cluster)),
      [false, false, true, true],
    );
  });

  it('stays held for an answer that was made while it was', () => {
    const rig = rigWith(federated('global', 'all()'));
    rig.held.add('east');
    const desired = rig.selection.desired('shop', 'global');
    rig.held.delete('east');
    assert.equal(desired.isHeld('east'), true);
    assert.equal(rig.selection.desired('shop', 'global').isHeld('east'), false);
  });
});

// Promise 2: a service is never emptied by staleness alone.
describe('the stale policy', () => {
  const twoClusters = (west: Parameters<typeof endpoint>[1] = {}, own: Partial<Service> = {}) => {
    const rig = rigWith(federated('global', 'all()', own));
    return rig.put(
      'west',
      service('web'),
      slice('web-1', 'web', { endpoints: [endpoint('10.2.0.1', west)] }),
    );
  };
  const east = 'east IPv4 [http:80/TCP] 10.1.0.1';
  const west = 'west IPv4 [http:80/TCP] 10.2.0.1';

  it('makes the endpoints of a stale cluster not ready while another one has ready endpoints', () => {
    const rig = twoClusters();
    rig.stale.set('east', 'not-ready');
    assert.deepEqual(rig.shown('global'), [`${east}(not ready)`, west]);
    const [only] = rig.selection.desired('shop', 'global').parts[0]?.endpoints ?? [];
    assert.deepEqual([only?.ready, only?.serving], [false, false]);
  });

  it('withdraws them where it says so', () => {
    const rig = twoClusters();
    rig.stale.set('east', 'withdraw');
    assert.deepEqual(rig.shown('global'), [west]);
  });

  it('acts for the local cluster too', () => {
    const rig = rigWith(federated('global', 'app == "web"'));
    rig.put(null, service('web', web), slice('web-1', 'web', { endpoints: [endpoint('10.0.0.1')] }));
    rig.stale.set('east', 'withdraw');
    assert.deepEqual(rig.shown('global'), ['(local) IPv4 [http:80/TCP] 10.0.0.1']);
  });

  for (const [title, prepare] of [
    ['the only other cluster is stale too', (rig: SelectionRig) => rig.stale.set('west', 'not-ready')],
    ['the data of the only other cluster is not complete', (rig: SelectionRig) => rig.held.add('west')],
    [
      'no other cluster has a ready endpoint',
      (rig: SelectionRig) =>
        rig.put('west', slice('web-1', 'web', { endpoints: [endpoint('10.2.0.1', { ready: false })] })),
    ],
  ] as const) {
    it(`does nothing where ${title}`, () => {
      const rig = twoClusters();
      rig.stale.set('east', 'withdraw');
      prepare(rig);
      assert.equal(rig.shown('global')[0], east);
    });
  }

  it('leaves ready what publishNotReadyAddresses makes ready, but withdraws', () => {
    const rig = twoClusters({}, { publishNotReadyAddresses: true });
    rig.stale.set('east', 'not-ready');
    assert.deepEqual(rig.shown('global'), [east, west]);
    rig.stale.set('east', 'withdraw');
    assert.deepEqual(rig.shown('global'), [west]);
  });
});
