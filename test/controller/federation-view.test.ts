import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlanDocument } from '../../src/contract/controller-documents.ts';
import type { FederationOptions } from '../../src/contract/federation-options.ts';
import { FederationView } from '../../src/controller/federation-view.ts';
import { labels, service, slice } from '../index/fixtures.ts';
import { ControlRig } from './control-rig.ts';
import { object } from './endpoints/fixture.ts';
import { federated } from './selection/fixtures.ts';
import { sliceEndpoint as endpoint } from '../model/slice-endpoint.ts';

const web = (...addresses: readonly string[]) => [
  service('web', { labels: labels({ app: 'web' }) }),
  slice('web-1', 'web', { endpoints: addresses.map((address) => endpoint(address)) }),
];

function ready(options: Partial<FederationOptions> = {}): { rig: ControlRig; view: FederationView } {
  const rig = new ControlRig(options);
  const view = new FederationView(rig.controller, rig.clock);
  rig.list(null, federated('everywhere', "app == 'web'"), federated('broken', 'app ==')).hold();
  rig.list('east', ...web('10.1.0.1')).list('west', ...web('10.2.0.1', '10.2.0.2'));
  rig.controller.clusters.refresh();
  return { rig, view };
}

const told = ({ edits }: PlanDocument): string[] =>
  edits.map(({ op, kind, cluster }) => `${op} ${kind} ${cluster}`);

describe('the plan of a running controller', () => {
  it('shows what would be written, and nothing once it is', async () => {
    const { rig, view } = ready();
    const before = await view.plan({});
    assert.deepEqual(told(before), ['create EndpointSlice east', 'create EndpointSlice west']);
    assert.deepEqual(before.totals, { create: 2, update: 0, delete: 0, label: 0 });
    assert.deepEqual(
      [before.mayWrite, before.holder, before.dryRun, before.without, before.services, before.truncated],
      [true, 'me', false, null, 2, false],
    );
    rig.write('shop', 'everywhere');
    const after = await view.plan({});
    assert.deepEqual([after.edits, after.held, after.notes, after.emptied], [[], [], [], []]);
  });

  it('is none while something is not listed, and says so', async () => {
    const rig = new ControlRig();
    rig.list(null, federated('everywhere', "app == 'web'"));
    const { edits, notes, services } = await new FederationView(rig.controller, rig.clock).plan({});
    assert.deepEqual([edits, services], [[], 0]);
    assert.deepEqual(notes, [
      'nothing can be planned yet: our EndpointSlices are not listed yet',
      'nothing can be planned yet: Endpoints are not listed yet',
    ]);
  });

  it('names clusters whose part is left, and services that are not written', async () => {
    const { rig, view } = ready();
    rig.fleet.set('north', { status: 'Connecting', reason: 'Listing' });
    const annotations = {
      'federation.tigera.io/serviceSelector': 'x',
      'fedsyncd.io/skip-mirror': 'true',
      'fedsyncd.io/skip-mirror-of': 'x',
    };
    rig.holdEndpoints(object({ metadata: { name: 'everywhere' }, annotations }));
    rig.controller.clusters.refresh();
    const { held, notes, edits } = await view.plan({});
    assert.deepEqual(held, [
      { cluster: 'north', why: 'its services were not listed completely yet (Connecting, Listing)' },
    ]);
    assert.match(notes.join('\n'), /^shop\/everywhere: Endpoints shop\/everywhere lost the label .*$/);
    assert.deepEqual(edits, []);
  });

  it('without a cluster shows what its removal would do, and what it would empty', async () => {
    const { rig, view } = ready();
    rig.list(null, federated('everywhere', "app == 'web'"), federated('east-only', 'app == "db"'));
    rig.list(
      'east',
      ...web('10.1.0.1'),
      service('db', { labels: labels({ app: 'db' }) }),
      slice('db-1', 'db', { endpoints: [endpoint('10.1.0.9')] }),
    );
    rig.write('shop', 'everywhere');
    rig.write('shop', 'east-only');
    const removal = await view.plan({ without: 'east' });
    assert.deepEqual(told(removal), ['delete EndpointSlice east', 'delete EndpointSlice east']);
    assert.deepEqual(removal.emptied, ['shop/east-only']);
    assert.deepEqual([removal.without, removal.notes], ['east', []]);
    assert.deepEqual((await view.plan({ without: 'west' })).emptied, []);
  });

  it('says that it knows no cluster of that name, but knows one by its slices', async () => {
    const { rig, view } = ready();
    assert.deepEqual((await view.plan({ without: 'eest' })).notes, ['no remote cluster eest is known here']);
    rig.fleet.sourcesComplete = false;
    rig.hold({ cluster: 'lost', endpoints: [endpoint('10.5.0.1')] });
    rig.controller.clusters.refresh();
    const { notes, edits, held } = await view.plan({ without: 'lost' });
    assert.deepEqual(notes, []);
    assert.ok(edits.some(({ op, cluster }) => op === 'delete' && cluster === 'lost'));
    assert.deepEqual(held, []);
  });

  it('warns of emptied services in endpoints mode too', async () => {
    const { rig, view } = ready({ output: 'endpoints' });
    rig.list('west');
    const subsets = [
      {
        addresses: [{ ip: '10.1.0.1', targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/web-0' } }],
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      },
    ];
    rig.holdEndpoints(object({ metadata: { name: 'everywhere' }, subsets }));
    assert.deepEqual((await view.plan({})).emptied, []);
    assert.deepEqual((await view.plan({ without: 'east' })).emptied, ['shop/everywhere']);
  });

  it('bounds what it shows and counts all', async () => {
    const { rig, view } = ready({ maxEndpointsPerSlice: 1 });
    const many = Array.from({ length: 1100 }, (_, i) => `10.3.${i >> 8}.${i & 255}`);
    rig.list('north', ...web(...many));
    const { edits, totals, truncated } = await view.plan({});
    assert.deepEqual([edits.length, totals.create, truncated], [1000, 1103, true]);
  });
});

describe('what the controller counts', () => {
  it('services by state, and what is written by cluster', () => {
    const { rig, view } = ready();
    rig.write('shop', 'everywhere');
    const { servicesByState, endpointsByCluster, objects, mayWrite, holder } = view.stats();
    assert.deepEqual(servicesByState, { federated: 1, 'bad-selector': 1 });
    assert.deepEqual(Object.fromEntries(endpointsByCluster), { east: 1, west: 2 });
    assert.deepEqual([objects, mayWrite, holder], [2, true, 'me']);
  });

  it('Endpoints objects where they are written, by the clusters of their addresses', () => {
    const { rig, view } = ready({ output: 'endpoints' });
    const subsets = [
      {
        addresses: [
          { ip: '10.1.0.1', targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/web-0' } },
          { ip: '10.0.0.1', targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-0' } },
        ],
        notReadyAddresses: [{ ip: '10.2.0.1' }],
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      },
    ];
    const annotations = {
      'federation.tigera.io/serviceSelector': "app == 'web'",
      'fedsyncd.io/address-origins': '{"west":["10.2.0.1"]}',
    };
    const theirs = object({ metadata: { name: 'theirs', uid: 'e-2' }, annotations: {}, subsets });
    rig.holdEndpoints(object({ metadata: { name: 'everywhere' }, subsets, annotations }), theirs);
    const { endpointsByCluster, objects } = view.stats();
    assert.deepEqual(Object.fromEntries(endpointsByCluster), { east: 1, '(local)': 1, west: 1 });
    assert.equal(objects, 1);
  });

  it('marked services as queued, before their rank is known', () => {
    const { rig, view } = ready();
    rig.controller.writer.mark('shop/everywhere');
    assert.deepEqual(view.stats().queued, { withdraw: 0, 'not-ready': 0, add: 0, cosmetic: 1 });
  });

  it('what a dry run may do', () => {
    const { view } = ready({ dryRun: true });
    const { mayWrite, dryRun } = view.stats();
    assert.deepEqual([mayWrite, dryRun], [false, true]);
  });
});

describe('the explanation of a service', () => {
  it('shows selector, candidates, what is written and what is to do', () => {
    const { rig, view } = ready();
    rig.list('east', ...web('10.1.0.1'), service('db', { labels: labels({ app: 'db' }) }));
    rig.fleet.set('west', { status: 'NotConnecting', reason: 'Timeout' });
    rig.fleet.set('north', { status: 'Connecting', reason: 'Listing' });
    rig.begin('north', ...web('10.3.0.1'));
    rig.controller.clusters.refresh();
    rig.hold({ cluster: 'east', endpoints: [endpoint('10.1.0.1', { ready: false })] });
    const document = view.explain('shop', 'everywhere');
    assert.equal(document?.state, 'federated');
    assert.equal(document.selector, "app == 'web'");
    assert.deepEqual(
      document.candidates.map(({ cluster, service: of, matched, ready: count, taken, why }) => [
        cluster,
        of,
        matched,
        `${count}/${taken}`,
        why,
      ]),
      [
        ['east', 'web', true, '1/1', ''],
        [
          'north',
          'web',
          true,
          '1/1',
          'the selector matches, but the data of its cluster is not complete yet: what was written of it stays',
        ],
        ['west', 'web', true, '2/2', ''],
        [
          null,
          'broken',
          false,
          '0/0',
          'it has the federation annotation itself, and such a service never backs another',
        ],
        ['east', 'db', false, '0/0', 'the selector does not match its labels'],
      ],
    );
    assert.deepEqual(document.notInSync, [
      { cluster: 'north', status: 'Connecting', reason: 'Listing' },
      { cluster: 'west', status: 'NotConnecting', reason: 'Timeout' },
    ]);
    assert.deepEqual(
      document.held.map(({ cluster }) => cluster),
      ['north'],
    );
    assert.deepEqual(document.objects, [
      {
        kind: 'EndpointSlice',
        name: 'everywhere-east-0',
        cluster: 'east',
        family: 'IPv4',
        ports: ['http 80/TCP'],
        endpoints: 1,
        ready: 0,
      },
    ]);
    assert.deepEqual(document.pending.map(({ op, cluster }) => `${op} ${cluster}`).sort(), [
      'create west',
      'update east',
    ]);
    assert.deepEqual(document.writer, {
      mayWrite: true,
      holder: 'me',
      dryRun: false,
      state: 'idle',
      problem: null,
      lastWrite: null,
    });
  });

  it('says why a service is not federated', () => {
    const { rig, view } = ready();
    assert.match(
      view.explain('shop', 'broken')?.message ?? '',
      /^not federated: federation\.tigera\.io\/serviceSelector: /,
    );
    rig.list(null, service('plain'));
    assert.equal(view.explain('shop', 'plain')?.state, 'not-annotated');
  });

  it('is there as long as something of a service is', () => {
    const { rig, view } = ready();
    assert.equal(view.explain('shop', 'nobody'), undefined);
    rig.hold({ service: 'nobody', name: 'nobody-0', cluster: 'east' });
    const document = view.explain('shop', 'nobody');
    assert.equal(document?.state, 'gone');
    assert.equal(document.objects.length, 1);
    assert.deepEqual(
      document.pending.map(({ op }) => op),
      ['delete'],
    );
  });

  it('names a cluster on which the stale policy acts', async () => {
    const { rig, view } = ready({ stalePolicy: 'not-ready', staleTtlMs: 1000 });
    rig.fleet.set('east', { status: 'NotConnecting', reason: 'Timeout', lastContact: rig.clock.now() });
    await rig.clock.advance(1001);
    rig.controller.clusters.refresh();
    assert.deepEqual(view.explain('shop', 'everywhere')?.warnings, [
      'cluster east is silent for too long: not-ready',
    ]);
  });
});
