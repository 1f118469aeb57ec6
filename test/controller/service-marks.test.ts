import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ServiceMarks } from '../../src/controller/service-marks.ts';
import type { FederationOptions } from '../../src/contract/federation-options.ts';
import type { Mark } from '../../src/controller/writer/marks.ts';
import { MANAGED_BY_LABEL } from '../../src/model/federation.ts';
import { LabelSet } from '../../src/model/label-set.ts';
import { labels, put, service, slice } from '../index/fixtures.ts';
import { ControlRig } from './control-rig.ts';
import { object } from './endpoints/fixture.ts';
import { federated } from './selection/fixtures.ts';
import { sliceEndpoint as endpoint } from '../model/slice-endpoint.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** The marks alone: nothing is planned but what a test plans. */
class MarksRig extends ControlRig {
  readonly marks: ServiceMarks;
  readonly #made: { readonly key: string; readonly mark: Mark }[] = [];

  constructor(options: Partial<FederationOptions> = {}) {
    super(options);
    const { services, slices, endpoints, clusters, plans } = this.controller;
    this.marks = new ServiceMarks({
      output: options.output ?? 'endpointslices',
      local: this.local,
      services,
      slices,
      endpoints,
      clusters,
      plans,
      clock: this.clock,
      mark: (key, mark) => this.#made.push({ key, mark }),
    });
    open.push(this.marks.subscribe());
  }

  /** `key: cause` since the last call. */
  take(): string[] {
    return this.#made.splice(0).map(({ key, mark }) => `${key}: ${mark.cause ?? ''}`);
  }

  takeSeen(): (number | undefined)[] {
    return this.#made.splice(0).map(({ mark }) => mark.seenAt);
  }
}

const WEB = [
  service('web', { labels: labels({ app: 'web' }) }),
  slice('web-1', 'web', { endpoints: [endpoint('10.1.0.1')] }),
];
const EVERYWHERE = federated('everywhere', "app == 'web'");

/** One federated service; everything is known. */
function ready(options: Partial<FederationOptions> = {}): MarksRig {
  const rig = new MarksRig(options);
  rig.list(null, EVERYWHERE).hold();
  rig.marks.look();
  rig.take();
  return rig;
}

describe('ServiceMarks', () => {
  it('mark all as soon as everything is listed, once', () => {
    const rig = new MarksRig();
    rig.list(null, EVERYWHERE);
    rig.take();
    rig.marks.look();
    assert.deepEqual(
      rig.take().filter((mark) => mark.endsWith('first plan')),
      [],
      'our slices are not known',
    );
    rig.hold({ service: 'left', namespace: 'old', name: 'left-0' });
    rig.take();
    rig.marks.look();
    assert.deepEqual(
      rig.take().filter((mark) => mark.endsWith('first plan')),
      ['shop/everywhere: first plan', 'old/left: first plan'],
    );
    rig.marks.look();
    assert.deepEqual(rig.take(), []);
  });

  it('mark what a change concerns, with its cause and when it was seen', async () => {
    const rig = ready();
    rig.list('east', ...WEB);
    rig.marks.look();
    rig.take();
    await rig.clock.advance(1000);
    const at = rig.clock.now();
    rig
      .replica('east')
      .resource('endpointslices')
      .apply(put(slice('web-1', 'web')));
    assert.deepEqual(rig.takeSeen(), [at]);
    rig
      .replica('east')
      .resource('endpointslices')
      .apply(put(slice('web-2', 'web')));
    assert.deepEqual(rig.take(), ['shop/everywhere: EndpointSlice web-2 of east']);
    rig
      .replica('east')
      .resource('endpointslices')
      .apply(put(slice('db-1', 'db')));
    assert.deepEqual(rig.take(), [], 'nobody selects it');
  });

  it('mark what a cluster backs when its list is complete, which no change tells', () => {
    const rig = ready();
    rig.fleet.set('east');
    rig.begin('east', ...WEB);
    rig.marks.look();
    assert.deepEqual(rig.write('shop', 'everywhere'), [], 'it is held');
    rig.take();
    rig.end('east');
    assert.deepEqual(rig.take(), []);
    rig.marks.look();
    assert.deepEqual(rig.take(), ['shop/everywhere: cluster east became complete, stale or gone']);
    assert.deepEqual(rig.write('shop', 'everywhere'), ['create east']);
    rig.marks.look();
    assert.deepEqual(rig.take(), [], 'once');
  });

  it('mark it also where the whole list came between two looks', () => {
    const rig = ready();
    rig.fleet.set('east');
    rig.controller.clusters.refresh();
    rig.begin('east', ...WEB);
    assert.deepEqual(rig.write('shop', 'everywhere'), [], 'planned while it is held');
    rig.end('east');
    rig.take();
    rig.marks.look();
    assert.deepEqual(rig.take(), ['shop/everywhere: cluster east became complete, stale or gone']);
  });

  it('mark the slices of a cluster that turns out to be gone', () => {
    const rig = new MarksRig();
    rig.fleet.sourcesComplete = false;
    rig.list(null, EVERYWHERE).hold({ cluster: 'lost', endpoints: [endpoint('10.5.0.1')] });
    rig.marks.look();
    assert.deepEqual(rig.write('shop', 'everywhere'), [], 'it may be named by a source that was not read');
    rig.take();
    rig.fleet.sourcesComplete = true;
    rig.marks.look();
    assert.deepEqual(rig.take(), ['shop/everywhere: cluster lost became complete, stale or gone']);
    assert.deepEqual(rig.write('shop', 'everywhere'), ['delete lost']);
  });

  it('mark when a cluster becomes stale, and when it is back', async () => {
    const rig = ready({ stalePolicy: 'withdraw', staleTtlMs: 60_000 });
    rig.list('east', ...WEB).list('west', ...WEB);
    rig.marks.look();
    assert.deepEqual(rig.write('shop', 'everywhere'), ['create east', 'create west']);
    rig.take();
    rig.fleet.set('east', { status: 'NotConnecting', reason: 'Timeout', lastContact: rig.clock.now() });
    await rig.clock.advance(60_001);
    rig.marks.look();
    assert.deepEqual(
      [...new Set(rig.take())],
      ['shop/everywhere: cluster east became complete, stale or gone'],
    );
    assert.deepEqual(rig.write('shop', 'everywhere'), ['delete east']);
    rig.fleet.set('east', { lastContact: rig.clock.now() });
    rig.marks.look();
    assert.deepEqual(rig.take(), ['shop/everywhere: cluster east became complete, stale or gone']);
    assert.deepEqual(rig.write('shop', 'everywhere'), ['create east']);
  });

  it('mark what is withdrawn with an RCC', async () => {
    const rig = ready();
    rig.list('east', ...WEB);
    rig.marks.look();
    rig.write('shop', 'everywhere');
    rig.take();
    await rig.remove('east');
    assert.deepEqual([...new Set(rig.take())], ['shop/everywhere: Service web of east']);
    assert.deepEqual(rig.write('shop', 'everywhere'), ['delete east']);
  });

  it('mark where somebody else changes what is written, also of a service that is not federated', () => {
    const rig = ready();
    rig.hold({ service: 'other', name: 'other-0' });
    assert.deepEqual(rig.take(), ['shop/other: our EndpointSlices changed in the local cluster']);
  });

  it('mark an Endpoints object of a federated service, or one of ours, and no other', () => {
    const rig = ready();
    const metadata = { name: 'everywhere', uid: 'e-2' };
    rig.holdEndpoints(
      object(),
      object({ metadata }),
      object({ metadata: { name: 'theirs', uid: 'e-3' }, annotations: {} }),
    );
    assert.deepEqual(rig.take(), [
      'shop/web: its Endpoints changed in the local cluster',
      'shop/everywhere: its Endpoints changed in the local cluster',
    ]);
  });

  it('mark what waited for the last cluster: nobody says whose its addresses are', () => {
    const rig = ready();
    rig.fleet.set('north');
    rig.holdEndpoints(object({ metadata: { name: 'everywhere', uid: 'e-2' } }));
    rig.marks.look();
    rig.take();
    rig.list('north');
    rig.marks.look();
    assert.deepEqual(rig.take(), ['shop/everywhere: every cluster is complete']);
    rig.marks.look();
    assert.deepEqual(rig.take(), []);
  });

  it('follow the mirrored slices only where Endpoints are written', () => {
    for (const output of ['endpointslices', 'endpoints'] as const) {
      const rig = ready({ output });
      rig.hold({ cluster: 'east', endpoints: [endpoint('10.1.0.1')] });
      rig.take();
      const mirrored = LabelSet.of([[MANAGED_BY_LABEL, 'endpointslicemirroring-controller.k8s.io']]);
      rig
        .replica(null)
        .resource('endpointslices')
        .apply(put(slice('everywhere-x', 'everywhere', { labels: mirrored })));
      assert.deepEqual(
        rig.take(),
        output === 'endpoints' ? ['shop/everywhere: EndpointSlice everywhere-x changed'] : [],
      );
    }
  });

  it('follow nothing any more after the end', () => {
    const rig = ready();
    for (const close of open.splice(0)) close();
    rig.list('east', ...WEB).hold({ service: 'other', name: 'other-0' });
    assert.deepEqual(rig.take(), []);
  });
});
