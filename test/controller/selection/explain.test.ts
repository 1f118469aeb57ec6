import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../../src/model/federation.ts';
import { labels, service, slice } from '../../index/fixtures.ts';
import { federated, SelectionRig, slicePort } from './fixtures.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const web = { labels: labels({ app: 'web' }) };

describe('explain', () => {
  it('names every service of the namespace with the reason', () => {
    const rig = new SelectionRig().put(null, federated('global', 'app == "web"'), service('own', web));
    rig.put('east', service('web', web), service('db'), federated('other', '', web));
    rig.put(
      'east',
      service('name', { ...web, type: 'ExternalName' }),
      service('far', { ...web, namespace: 'bank' }),
    );
    rig.put('west', service('web', web)).start();
    rig.held.add('west');
    const { candidates, moreCandidates, state, selector, uid } = rig.selection.explain('shop', 'global');
    assert.deepEqual(
      candidates.map(({ cluster, name, verdict }) => [cluster, name, verdict]),
      [
        [null, 'own', 'backs'],
        ['east', 'name', 'external-name'],
        ['east', 'web', 'backs'],
        ['west', 'web', 'held'],
        ['east', 'db', 'no-match'],
        ['east', 'other', 'annotated'],
      ],
    );
    assert.deepEqual([moreCandidates, state, selector, uid], [0, 'federated', 'app == "web"', 'uid-global']);
    assert.match(candidates[3]?.reason ?? '', /not complete yet/);
  });

  it('counts what is taken of each and what is left out, with names', () => {
    const rig = new SelectionRig().put(null, federated('global', 'all()')).put('east', service('web'));
    const put = (name: string, more: Parameters<typeof slice>[2]) =>
      rig.put('east', slice(name, 'web', more));
    put('s1', {
      endpoints: [endpoint('10.1.0.1'), endpoint('10.1.0.2', { ready: false }), endpoint('10.96.0.1')],
    });
    put('s2', { endpoints: [endpoint('10.1.0.1')] });
    put('s3', { ports: [slicePort('other', 1)], endpoints: [endpoint('10.1.0.3')] });
    put('s4', { addressType: 'FQDN', endpoints: [endpoint('a.example')] });
    put('s5', { labels: labels({ [MANAGED_BY_LABEL]: MANAGED_BY }), endpoints: [endpoint('10.1.0.4')] });
    rig.cidrs = ['10.96.0.0/12'];
    const [candidate] = rig.start().selection.explain('shop', 'global').candidates;
    assert.deepEqual(
      [candidate?.endpoints, candidate?.ready, candidate?.addresses],
      [2, 1, ['10.1.0.1', '10.1.0.2']],
    );
    assert.deepEqual(candidate?.ports, [
      { name: 'http', protocol: 'TCP', port: 80, taken: true },
      { name: 'other', protocol: 'TCP', port: 1, taken: false },
    ]);
    assert.deepEqual(
      candidate?.leftOut.map(({ count, named }) => [count, named]),
      [
        [1, ['s4']],
        [1, ['s3']],
        [1, ['10.96.0.1 (10.96.0.0/12)']],
        [1, ['10.1.0.1']],
        [1, ['s5']],
      ],
    );
  });

  it('shows each cluster: what it gives, whether it is held, and whether the stale policy acts', async () => {
    const rig = new SelectionRig().put(null, federated('global', 'all()'));
    for (const [cluster, address] of [
      ['east', '10.1.0.1'],
      ['gone', '10.2.0.1'],
      ['held', '10.3.0.1'],
      ['stale', '10.4.0.1'],
    ] as const) {
      rig.put(cluster, service('web'), slice('web-1', 'web', { endpoints: [endpoint(address)] }));
    }
    rig.start();
    await rig.drop('gone');
    rig.held.add('held').add('gone');
    rig.stale.set('stale', 'not-ready');
    const no = { endpoints: 0, ready: 0, staleness: 'fresh', policyActs: false };
    assert.deepEqual(rig.selection.explain('shop', 'global').clusters, [
      { cluster: 'east', held: false, staleness: 'fresh', policyActs: false, endpoints: 1, ready: 1 },
      { cluster: 'gone', held: true, ...no },
      { cluster: 'held', held: true, ...no },
      { cluster: 'stale', held: false, staleness: 'not-ready', policyActs: true, endpoints: 1, ready: 0 },
    ]);
  });

  it('bounds what it lists', () => {
    const rig = new SelectionRig().put(null, federated('global', 'app == "web"'));
    rig.putAll(
      'east',
      Array.from({ length: 1200 }, (_, i) => service(`s${i}`, i % 2 ? web : {})),
    );
    const { candidates, moreCandidates } = rig.start().selection.explain('shop', 'global');
    assert.deepEqual([candidates.length, moreCandidates], [1000, 200]);
    assert.equal(candidates.filter(({ verdict }) => verdict === 'backs').length, 500);
  });

  it('says why a service is not federated, and lists nothing', () => {
    const rig = new SelectionRig().put('east', service('web'));
    rig.put(null, federated('broken', 'app =='), service('plain', { uid: 'p' })).start();
    const broken = rig.selection.explain('shop', 'broken');
    assert.deepEqual([broken.state, broken.selector, broken.candidates], ['bad-selector', 'app ==', []]);
    assert.equal(broken.warnings[0]?.code, 'SelectorInvalid');
    const plain = rig.selection.explain('shop', 'plain');
    assert.deepEqual([plain.state, plain.selector, plain.uid], ['not-annotated', null, 'p']);
    assert.equal(rig.selection.explain('shop', 'none').state, 'gone');
  });
});
