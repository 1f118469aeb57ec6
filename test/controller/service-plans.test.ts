import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServicePlan } from '../../src/controller/service-plans.ts';
import { labels, service, slice } from '../index/fixtures.ts';
import { ControlRig } from './control-rig.ts';
import { object } from './endpoints/fixture.ts';
import { federated } from './selection/fixtures.ts';
import { sliceEndpoint as endpoint } from '../model/slice-endpoint.ts';

const EVERYWHERE = federated('everywhere', "app == 'web'");
const web = (...addresses: readonly string[]) => [
  service('web', { labels: labels({ app: 'web' }) }),
  slice('web-1', 'web', { endpoints: addresses.map((address) => endpoint(address)) }),
];

/** The Endpoints object that an earlier controller left for the service. */
const left = (ip: string, more: object = {}) =>
  object({
    metadata: { name: 'everywhere', uid: 'e-1' },
    subsets: [
      {
        addresses: [{ ip, targetRef: { kind: 'Pod', namespace: 'shop', name: 'east/pod' } }],
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      },
    ],
    ...more,
  });

function ops({ slices, endpoints, notes }: ServicePlan): string[] {
  return [
    ...slices.map(({ op }) => `${op} slice`),
    ...endpoints.map(({ op }) => `${op} Endpoints`),
    ...notes,
  ];
}

/** One federated service with two backing clusters, everything known. */
function ready(options: ConstructorParameters<typeof ControlRig>[0] = {}): ControlRig {
  const rig = new ControlRig(options);
  rig
    .list(null, EVERYWHERE)
    .list('east', ...web('10.1.0.1'))
    .list('west', ...web('10.2.0.1'))
    .hold();
  rig.controller.clusters.refresh();
  return rig;
}

const planOf = (rig: ControlRig): ServicePlan => rig.controller.plans.planOf('shop', 'everywhere');

describe('ServicePlans before everything is known', () => {
  it('plan nothing, and say what is missing', () => {
    const rig = new ControlRig();
    const { plans } = rig.controller;
    rig.list('east', ...web('10.1.0.1'));
    rig.controller.clusters.refresh();
    const local = 'the local cluster: its services were not listed completely yet';
    const ours = 'our EndpointSlices are not listed yet';
    const theirs = 'Endpoints are not listed yet';
    assert.deepEqual([...plans.missing()], [local, ours, theirs]);
    assert.deepEqual(ops(planOf(rig)), ['not everything of the local cluster is listed yet']);
    rig.list(null, EVERYWHERE);
    rig.controller.slices.failed('forbidden');
    assert.deepEqual([...plans.missing()], [`${ours}: forbidden`, theirs]);
    rig.controller.slices.listed([]);
    assert.equal(plans.ready, false);
    assert.deepEqual(ops(planOf(rig)), ['not everything of the local cluster is listed yet']);
    rig.controller.endpoints.listed([]);
    assert.equal(plans.ready, true);
    assert.deepEqual([...plans.missing()], []);
    assert.deepEqual(ops(planOf(rig)), ['create slice']);
  });

  it('withdraw nothing, whatever is missing', () => {
    const rig = new ControlRig();
    rig.hold({ cluster: 'east', endpoints: [endpoint('10.1.0.1')] });
    assert.deepEqual(planOf(rig).slices, [], 'the local services are not known');
    assert.deepEqual(rig.controller.plans.planWithout('shop', 'everywhere', 'east').slices, []);
  });
});

describe('ServicePlans', () => {
  it('plan each cluster that is complete and leave the part of the others', () => {
    const rig = ready();
    rig.fleet.set('north');
    rig.hold({ cluster: 'north', endpoints: [endpoint('10.3.0.1')] });
    rig.controller.clusters.refresh();
    assert.deepEqual(rig.write('shop', 'everywhere'), ['create east', 'create west']);
    assert.deepEqual(rig.written('shop', 'everywhere'), ['10.1.0.1', '10.2.0.1', '10.3.0.1']);
    assert.deepEqual(ops(planOf(rig)), []);
  });

  it('withdraw all of a service that is not federated any more', () => {
    const rig = ready();
    rig.write('shop', 'everywhere');
    rig.list(null, federated('everywhere', 'app =='));
    assert.deepEqual(rig.write('shop', 'everywhere'), ['delete east', 'delete west']);
  });

  it('name every service with something to write, or written, once', () => {
    const rig = ready();
    rig.hold(
      { cluster: 'east' },
      { service: 'gone', name: 'gone-0' },
      { service: '', serviceUid: '', name: 'x' },
    );
    const keys = [...rig.controller.plans.keys()].map(({ namespace, name }) => `${namespace}/${name}`);
    assert.deepEqual(keys, ['shop/everywhere', 'shop/gone', 'shop/']);
  });

  it('name Endpoints objects of ours only where they are written', () => {
    for (const output of ['endpointslices', 'endpoints'] as const) {
      const rig = new ControlRig({ output });
      rig.list(null).holdEndpoints(object(), object({ metadata: { name: 'theirs' }, annotations: {} }));
      const keys = [...rig.controller.plans.keys()].map(({ name }) => name);
      assert.deepEqual(keys, output === 'endpoints' ? ['web'] : []);
    }
  });

  it('do not use a name that a slice of another owner has', () => {
    const rig = ready();
    const [first] = planOf(rig).slices;
    assert.ok(first?.op === 'create');
    const taken = {
      namespace: 'shop',
      name: first.content.name,
      uid: 'theirs',
      resourceVersion: '9',
      labels: {},
    };
    rig.controller.slices.accepted({ metadata: taken, addressType: 'IPv4', endpoints: [], ports: [] });
    const [again] = planOf(rig).slices;
    assert.ok(again?.op === 'create');
    assert.notEqual(again.content.name, first.content.name);
  });
});

describe('ServicePlans without a cluster', () => {
  it('show what its removal would do, and change nothing', () => {
    const rig = ready();
    rig.write('shop', 'everywhere');
    const { plans } = rig.controller;
    const removal = plans.planWithout('shop', 'everywhere', 'east');
    assert.deepEqual(
      removal.slices.map((edit) => (edit.op === 'delete' ? `delete ${edit.of.cluster}` : edit.op)),
      ['delete east'],
    );
    assert.deepEqual(ops(planOf(rig)), []);
    assert.deepEqual(plans.planWithout('shop', 'everywhere', 'south').slices, []);
  });

  it('take also what is held now', () => {
    const rig = ready();
    rig.fleet.set('north');
    rig.hold({ cluster: 'north', endpoints: [endpoint('10.3.0.1')] });
    rig.controller.clusters.refresh();
    const { slices } = rig.controller.plans.planWithout('shop', 'everywhere', 'north');
    assert.ok(slices.some((edit) => edit.op === 'delete' && edit.of.cluster === 'north'));
  });
});

describe('a take-over in endpointslices mode', () => {
  it('labels the object only when our slices serve all that it serves', () => {
    const rig = ready();
    rig.holdEndpoints(left('10.1.0.1'));
    assert.deepEqual(ops(planOf(rig)), ['create slice', 'create slice']);
    rig.write('shop', 'everywhere');
    assert.deepEqual(ops(planOf(rig)), ['label Endpoints']);
  });

  it('waits for a held cluster that an address is of', () => {
    const rig = ready();
    rig.fleet.set('north');
    rig.controller.clusters.refresh();
    const address = { ip: '10.3.0.1', targetRef: { kind: 'Pod', namespace: 'shop', name: 'north/pod' } };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    rig.holdEndpoints(left('', { subsets: [{ addresses: [address], ports }] }));
    rig.write('shop', 'everywhere');
    assert.deepEqual(ops(planOf(rig)), []);
    rig.list('north');
    assert.deepEqual(ops(planOf(rig)), ['label Endpoints'], 'the address is nobody’s any more');
  });

  it('stops on a service that another controller writes, tells its owner once, and goes on when it is off', () => {
    const rig = ready();
    const taken = {
      annotations: {
        'federation.tigera.io/serviceSelector': "app == 'web'",
        'fedsyncd.io/skip-mirror': 'true',
        'fedsyncd.io/skip-mirror-of': 'something else',
      },
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    };
    rig.holdEndpoints(left('10.1.0.1', taken));
    const [note = ''] = ops(planOf(rig));
    assert.match(note, /^Endpoints shop\/everywhere was rewritten .* another controller seems to write it/);
    assert.deepEqual(ops(planOf(rig)), [note]);
    assert.deepEqual(
      rig.events.map((event) => (event.event === 'service.warning' ? event.reason : event.event)),
      ['AnotherController'],
    );
    rig.controller.endpoints.listed([]);
    assert.deepEqual(ops(planOf(rig)), ['create slice', 'create slice']);
  });
});

describe('endpoints mode', () => {
  const endpointsMode = { output: 'endpoints' } as const;

  it('writes one object of the first family', () => {
    const rig = ready(endpointsMode);
    const { slices, endpoints } = planOf(rig);
    assert.deepEqual(slices, []);
    const [edit] = endpoints;
    assert.ok(edit?.op === 'create');
    assert.deepEqual(
      edit.content.subsets.map(({ addresses }) => addresses.map(({ ip }) => ip)),
      [['10.1.0.1', '10.2.0.1']],
    );
    assert.equal(edit.content.selector, "app == 'web'");
  });

  it('leaves a foreign object alone and says so', () => {
    const rig = ready(endpointsMode);
    rig.holdEndpoints(left('10.1.0.1', { annotations: {} }));
    assert.deepEqual(ops(planOf(rig)), [
      'Endpoints shop/everywhere is not ours: it has no annotation federation.tigera.io/serviceSelector',
    ]);
  });

  it('says that an object is on its way out, and that nobody sees one', () => {
    const rig = ready(endpointsMode);
    const metadata = { name: 'everywhere', uid: 'e-1', deletionTimestamp: '2026-01-01T00:00:00Z' };
    rig.holdEndpoints(left('10.1.0.1', { metadata }));
    assert.deepEqual(ops(planOf(rig)), [
      'Endpoints shop/everywhere is being deleted; it is written again when it is gone',
    ]);
    const hidden = ready(endpointsMode);
    hidden.holdEndpoints(left('10.1.0.1', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }));
    assert.deepEqual(ops(planOf(hidden)), [
      'update Endpoints',
      'Endpoints shop/everywhere has the label endpointslice.kubernetes.io/skip-mirror of somebody else: no proxy sees it',
    ]);
  });

  it('keeps our slices until the object is mirrored, and deletes those of a service that is not federated', () => {
    const rig = ready(endpointsMode);
    rig.hold({ cluster: 'east', endpoints: [endpoint('10.1.0.1')] });
    assert.deepEqual(ops(planOf(rig)), ['create Endpoints']);
    rig.list(null);
    assert.deepEqual(ops(planOf(rig)), ['delete slice']);
  });
});
