import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { DesiredService } from '../../../src/controller/plan/desired-service.ts';
import type { FederatedServicesOptions } from '../../../src/controller/selection/federated-services.ts';
import type { EndpointSlice } from '../../../src/model/endpoint-slice.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_SELECTOR_ANNOTATION } from '../../../src/model/federation.ts';
import type { SourceCluster } from '../../../src/model/federation.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import type { Service } from '../../../src/model/service.ts';
import { labels, propertyOptions, service, slice } from '../../index/fixtures.ts';
import { SelectionRig, servicePort, slicePort } from './fixtures.ts';
import { naiveSelection } from './naive-selection.ts';
import type { Flat } from './naive-selection.ts';
import { sliceEndpoint as endpoint } from '../../model/slice-endpoint.ts';

const CLUSTERS: readonly SourceCluster[] = [null, 'east', 'west'];
const NAMESPACES = ['shop', 'bank'];
const REMOTE_NAME = 'federation.tigera.io/remoteClusterName';
const SELECTORS = [
  'app == "web"',
  'app in {"web", "db"} && !has(stage)',
  `has(app) && ${REMOTE_NAME} == "east"`,
  `!has(${REMOTE_NAME})`,
  'projectcalico.org/namespace == "shop"',
  'has(stage) || app == "db"',
  'all()',
  'app == "a" && app == "b"',
];
const NAMES = ['f', 'g', 'a', 'b', 'c'];

const one = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const clusters = one(...CLUSTERS);
const namespaces = fc.oneof({ weight: 6, arbitrary: one('shop') }, { weight: 1, arbitrary: one('bank') });
const labelSets = one(
  labels(),
  labels({ app: 'web' }),
  labels({ app: 'db' }),
  labels({ app: 'db', stage: 'x' }),
  labels({ app: 'web', [REMOTE_NAME]: 'east', 'projectcalico.org/namespace': 'shop' }),
);
const selectors = fc.oneof(
  { weight: 12, arbitrary: one(...SELECTORS) },
  { weight: 1, arbitrary: one('broken ==', '') },
);

/** Names f and g tend to be federated, a to c to back them: any may be anything. */
const services: fc.Arbitrary<Service> = fc
  .record({
    name: one(...NAMES),
    namespace: namespaces,
    uid: one('u1', 'u2'),
    labels: labelSets,
    selected: selectors,
    oddity: fc.nat(11),
    clusterIPs: fc.oneof(
      { weight: 4, arbitrary: one(['10.96.0.1']) },
      { weight: 1, arbitrary: one(['None']) },
    ),
    ports: fc.oneof(
      { weight: 4, arbitrary: one([servicePort('http')], [servicePort('http'), servicePort('dns', 'UDP')]) },
      { weight: 1, arbitrary: one([]) },
    ),
    publishNotReadyAddresses: one(false, false, true),
  })
  .map(({ name, selected, oddity, ...more }) => {
    const isFederated = (name === 'f' || name === 'g') !== (oddity === 0);
    const text: [string, string] = [SERVICE_SELECTOR_ANNOTATION, selected];
    return service(name, {
      ...more,
      annotations: LabelSet.of(isFederated ? [text] : []),
      type: oddity === 1 ? 'ExternalName' : 'ClusterIP',
      selector: labels(oddity === 2 ? { x: 'y' } : {}),
    });
  });

const slices: fc.Arbitrary<EndpointSlice> = fc
  .record({
    name: one('s1', 's2', 's3', 's4'),
    namespace: namespaces,
    of: one('a', 'b', 'c', 'g', ''),
    labels: one(labels(), labels(), labels(), labels({ [MANAGED_BY_LABEL]: MANAGED_BY })),
    addressType: one('IPv4', 'IPv4', 'IPv6', 'FQDN'),
    ports: fc.uniqueArray(
      one(slicePort('http', 80), slicePort('http', 8080), slicePort('dns', 53, 'UDP'), slicePort('dns', 53)),
      { selector: ({ name }) => name, maxLength: 2 },
    ),
    endpoints: fc.array(fc.tuple(fc.nat(3), one(true, false, undefined)), { maxLength: 4 }),
  })
  .map(({ name, of, endpoints, ...more }) => {
    const prefix = more.addressType === 'IPv6' ? 'fd00::' : '10.0.0.';
    const list = endpoints.map(([host, ready]) => endpoint(`${prefix}${host}`, { ready }));
    return slice(name, of, { ...more, addressType: more.addressType as 'IPv4', endpoints: list });
  });

type Op =
  | { readonly op: 'services'; readonly cluster: SourceCluster; readonly objects: readonly Service[] }
  | { readonly op: 'slices'; readonly cluster: SourceCluster; readonly objects: readonly EndpointSlice[] }
  | { readonly op: 'delete'; readonly cluster: SourceCluster; readonly of: Service | EndpointSlice }
  | { readonly op: 'drop'; readonly cluster: string }
  | { readonly op: 'held'; readonly cluster: SourceCluster; readonly held: boolean }
  | { readonly op: 'stale'; readonly cluster: string; readonly stale: 'fresh' | 'not-ready' | 'withdraw' }
  | { readonly op: 'cidrs'; readonly cidrs: readonly string[] | undefined }
  | { readonly op: 'read' };

const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: one('services'),
      cluster: clusters,
      objects: fc.array(services, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      op: one('slices'),
      cluster: clusters,
      objects: fc.array(slices, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: one('delete'), cluster: clusters, of: fc.oneof(services, slices) }),
  },
  { weight: 1, arbitrary: fc.record({ op: one('drop'), cluster: one('east', 'west') }) },
  { weight: 1, arbitrary: fc.record({ op: one('held'), cluster: clusters, held: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: one('stale'),
      cluster: one('east', 'west'),
      stale: one('fresh', 'not-ready', 'withdraw'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: one('cidrs'), cidrs: one(undefined, ['10.0.0.2/31']) }) },
  { weight: 6, arbitrary: fc.record({ op: one('read') }) },
) as fc.Arbitrary<Op>;

/** Random objects alone leave nearly all services without a match: histories start from this. */
const BASE: readonly Op[] = [
  { op: 'services', cluster: null, objects: [base('f', 'app == "web"'), base('g', 'has(app)')] },
  ...CLUSTERS.flatMap((cluster): Op[] => [
    {
      op: 'services',
      cluster,
      objects: ['web', 'db', 'web'].map((app, i) => backing(NAMES[i + 2] ?? '', app)),
    },
    { op: 'slices', cluster, objects: ['a', 'b', 'c'].map((of, i) => baseSlice(`s${i + 1}`, of, i)) },
  ]),
];

function base(name: string, selector: string): Service {
  const annotations = LabelSet.of([[SERVICE_SELECTOR_ANNOTATION, selector]]);
  return service(name, { annotations, ports: [servicePort('http')] });
}

function backing(name: string, app: string): Service {
  return service(name, { labels: labels({ app }) });
}

function baseSlice(name: string, of: string, host: number): EndpointSlice {
  const endpoints = [endpoint(`10.0.0.${host}`), endpoint('10.0.0.3')];
  return slice(name, of, { endpoints, ports: [slicePort('http')] });
}

const REFUSED = new Set(['10.0.0.2', '10.0.0.3']);

/** What was read last, as a writer holds it, and a plain copy of everything. */
class History {
  readonly rig: SelectionRig;
  readonly #objects = new Map<SourceCluster, Map<string, Service | EndpointSlice>>();
  /** By `namespace/name`. */
  readonly #read = new Map<string, DesiredService>();
  readonly #dirty = new Set<string>();

  constructor(options: FederatedServicesOptions) {
    this.rig = new SelectionRig(options);
  }

  async do(op: Op): Promise<void> {
    const { rig } = this;
    switch (op.op) {
      case 'services':
      case 'slices':
        for (const object of op.objects) this.#of(op.cluster).set(keyOf(object), object);
        rig.putAll(op.cluster, op.objects);
        break;
      case 'delete':
        this.#of(op.cluster).delete(keyOf(op.of));
        rig.delete(op.cluster, op.of.kind, op.of.name, op.of.namespace);
        break;
      case 'drop':
        this.#objects.delete(op.cluster);
        await rig.drop(op.cluster);
        break;
      case 'held':
        if (op.held) rig.held.add(op.cluster);
        else rig.held.delete(op.cluster);
        rig.selection.markCluster(op.cluster);
        break;
      case 'stale':
        rig.stale.set(op.cluster, op.stale);
        rig.selection.markCluster(op.cluster);
        break;
      case 'cidrs':
        rig.cidrs = op.cidrs;
        rig.selection.markAll();
        break;
      case 'read':
        this.read();
        break;
    }
    for (const key of rig.takeDirty()) this.#dirty.add(key);
  }

  read(): void {
    for (const key of this.#dirty) {
      const [namespace = '', name = ''] = key.split('/');
      this.#read.set(key, this.rig.selection.desired(namespace, name));
    }
    this.#dirty.clear();
  }

  check(): void {
    for (const namespace of NAMESPACES) {
      for (const name of NAMES) {
        const key = `${namespace}/${name}`;
        if (!this.#dirty.has(key)) this.#checkOne(key, namespace, name);
      }
    }
  }

  #checkOne(key: string, namespace: string, name: string): void {
    const own = this.#of(null).get(keyOf({ kind: 'Service', namespace, name })) as Service | undefined;
    const all = CLUSTERS.map((cluster) => {
      const objects = [...this.#of(cluster).values()];
      return {
        cluster,
        held: this.rig.held.has(cluster),
        stale: this.rig.stale.get(cluster ?? '') ?? 'fresh',
        services: objects.filter((object) => object.kind === 'Service'),
        slices: objects.filter((object) => object.kind === 'EndpointSlice'),
      };
    });
    const expected = naiveSelection(
      own,
      all,
      (address) => this.rig.cidrs !== undefined && REFUSED.has(address),
    );
    const actual = this.#read.get(key);
    assert.deepEqual(sorted(flatten(actual)), sorted(expected ?? new Map()), key);
    if (expected === undefined) return;
    assert.equal(actual?.uid, own?.uid, key);
    for (const { cluster, held } of all) assert.equal(actual?.isHeld(cluster), held, key);
    const { state } = this.rig.selection.state(namespace, name);
    assert.ok(state === 'federated' || (state === 'no-matches' && expected.size === 0), `${key} ${state}`);
  }

  #of(cluster: SourceCluster): Map<string, Service | EndpointSlice> {
    const known = this.#objects.get(cluster) ?? new Map<string, Service | EndpointSlice>();
    this.#objects.set(cluster, known);
    return known;
  }
}

function keyOf({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

/** Also asserts what the contract says of parts. */
function flatten(desired: DesiredService | undefined): Flat {
  const flat = new Map<string, boolean>();
  const seen = new Set<string>();
  for (const { cluster, family, ports, endpoints } of desired?.parts ?? []) {
    const names = ports.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)].sort(), 'names of ports are unique and sorted');
    const shown = ports.map(({ name, protocol, port }) => `${name}:${port}/${protocol}`);
    const part = `${cluster} ${family} ${shown.join(' ')}`;
    assert.ok(!seen.has(part), `${part} comes once`);
    seen.add(part);
    const addresses = endpoints.map((each) => each.addresses.join('+'));
    assert.ok(addresses.length > 0, 'a part is never empty');
    assert.deepEqual(addresses, [...new Set(addresses)].sort(), 'addresses are unique and sorted');
    for (const { addresses, ready } of endpoints) {
      for (const port of ports.length === 0 ? ['all'] : shown) {
        const key = `${cluster} ${family} ${addresses[0]} ${port}`;
        assert.ok(!flat.has(key), `${key} comes once`);
        flat.set(key, ready === true);
      }
    }
  }
  return flat;
}

function sorted(flat: Flat): [string, boolean][] {
  return [...flat].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('selection under any history of both indexes', () => {
  for (const [title, options] of [
    ['made anew each time', { keepFrom: 1_000_000 }],
    ['kept where it did not change', { keepFrom: 0 }],
    ['kept as far as there is room', { keepFrom: 1, keepEndpoints: 4 }],
  ] as const) {
    it(`is what a naive look at everything gives, ${title}`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(ops, { maxLength: 30, size: 'max' }),
          fc.array(ops, { minLength: 1, maxLength: 80, size: 'max' }),
          async (before, after) => {
            const history = new History(options);
            for (const op of [...BASE, ...before]) await history.do(op);
            history.rig.start();
            for (const op of after) {
              await history.do(op);
              history.check();
            }
            history.read();
            history.check();
            history.rig.selection.stop();
          },
        ),
        propertyOptions,
      );
    });
  }
});
