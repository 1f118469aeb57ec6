import * as fc from 'fast-check';
import type { Delta } from '../../src/model/delta.ts';
import { KINDS, RESOURCES } from '../../src/model/kind.ts';
import type { Kind, Resource } from '../../src/model/kind.ts';
import type { Entry } from '../../src/model/objects.ts';
import { hostEndpoint, keyOf, labels, profile, service, slice, workload } from './fixtures.ts';

export const CLUSTERS = ['east', 'west', 'north'];
export const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1', 'fd00::2'];

/** Any of these values. */
export const one = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const labelSets = one(
  labels(),
  labels({ app: 'web' }),
  labels({ app: 'web', tier: 'db' }),
  labels({ app: 'api', stage: 'own' }),
);
const profileLists = one<readonly string[]>([], ['kns.a'], ['kns.a', 'ksa.a.b'], ['ksa.a.b', 'kns.a']);
const networks = fc
  .uniqueArray(one(...ADDRESSES, '10.1.0.0/24'), { minLength: 1, maxLength: 3 })
  .map((all) =>
    all.map((each) => (each.includes('/') ? each : `${each}${each.includes(':') ? '/128' : '/32'}`)),
  );
const versions = one('1', '2', '18446744073709551615', 'opaque');

const workloads: fc.Arbitrary<Entry> = fc
  .record({
    name: one(
      'web-7d9f8c6b5d-a',
      'web-7d9f8c6b5d-b',
      'kafka-0',
      'name-without-a-short-tail-xxxxxxxxxxxxxxxxxxxx',
    ),
    namespace: one('shop', 'bank'),
    node: one('node-1', 'node-2'),
    ipNetworks: networks,
    labels: labelSets,
    profiles: profileLists,
    ports: one([], [{ name: 'http', protocol: 'TCP', port: 80, hostPort: 0, hostIP: '' }]),
    uid: one('5c8f3b1e-0a57-4d3e-9c55-0123456789ab', 'not a uuid', ''),
    resourceVersion: versions,
    created: one(0, 1_700_000_000_000, 1_700_000_000_123),
    interfaceName: one('', 'tap1234'),
  })
  .map(({ name, ...more }) => workload(name, more));

const ENTRIES: Readonly<Record<Resource, fc.Arbitrary<Entry>>> = {
  workloadendpoints: workloads,
  hostendpoints: fc
    .tuple(one('h1', 'h2'), fc.uniqueArray(one(...ADDRESSES), { maxLength: 2 }), labelSets, profileLists)
    .map(([name, expectedIPs, own, profiles]) => hostEndpoint(name, { expectedIPs, labels: own, profiles })),
  profiles: profiles('kns.a', 'ksa.a.b', 'custom', 'projectcalico-default-allow'),
  'profiles.namespaces': profiles('kns.a', 'kns.b'),
  'profiles.serviceaccounts': profiles('ksa.a.b', 'kns.a'),
  ippools: versions.map((resourceVersion) => ({
    kind: 'IPPool',
    namespace: '',
    name: 'pool',
    uid: '',
    resourceVersion,
    created: 0,
    cidr: '10.0.0.0/16',
    disabled: false,
    natOutgoing: true,
    vxlanMode: '',
    ipipMode: '',
  })),
  clusterinformations: one(true, false).map((datastoreReady) => ({
    kind: 'ClusterInformation',
    namespace: '',
    name: 'default',
    uid: '',
    resourceVersion: '1',
    created: 0,
    clusterGUID: 'g',
    clusterType: '',
    calicoVersion: '',
    datastoreReady,
  })),
  services: fc
    .tuple(one('s1', 's2'), versions, one('ClusterIP', 'NodePort'))
    .map(([name, resourceVersion, type]) => service(name, { resourceVersion, type })),
  endpointslices: fc
    .tuple(one('s1-a', 's1-b', 's2-a'), one('s1', 's2', ''), one(...ADDRESSES), versions)
    .map(([name, of, address, resourceVersion]) =>
      slice(name, of, { resourceVersion, endpoints: [sliceEndpoint(address)] }),
    ),
};

function profiles(...names: string[]): fc.Arbitrary<Entry> {
  const given = one(
    labels(),
    labels({ stage: 'gold' }),
    labels({ stage: 'silver', tier: 'db' }),
    labels({ app: 'web' }),
  );
  return fc
    .tuple(one(...names), given, versions)
    .map(([name, all, resourceVersion]) => profile(name, all, { resourceVersion }));
}

function sliceEndpoint(address: string) {
  return {
    addresses: [address],
    ready: true,
    serving: undefined,
    terminating: false,
    hostname: '',
    nodeName: 'node-1',
    zone: '',
    targetRef: undefined,
  };
}

function deltaOf(entry: Entry, op: Delta['op']): Delta {
  const key = keyOf(entry);
  const name = 'workload' in key ? key.workload : key.name;
  const source = `${key.namespace}/${name}`;
  switch (op) {
    case 'put':
      return { op, entry };
    case 'delete':
      return { op, key, excluded: source };
    case 'exclude': {
      const exclusion = { key: source, reason: 'Finished', node: 'node-1', addresses: ['10.0.0.2'] } as const;
      return { op, id: key, exclusion };
    }
    case 'skip':
      return { op, id: key, where: source, reason: 'broken' };
  }
}

export type Step =
  | {
      readonly do: 'apply';
      readonly resource: Resource;
      readonly reader: number;
      readonly deltas: readonly Delta[];
    }
  | { readonly do: 'begin' | 'end' | 'cancel'; readonly resource: Resource; readonly reader: number }
  | { readonly do: 'retain'; readonly resources: readonly Resource[] }
  | { readonly do: 'drop' }
  | { readonly do: 'bump' }
  /** A snapshot of the cluster at hand or of all. */
  | { readonly do: 'open'; readonly kind: Kind; readonly ofAll: boolean }
  /** One of the open snapshots, by its place modulo their number. */
  | { readonly do: 'read'; readonly place: number; readonly from: number; readonly max: number }
  | { readonly do: 'close'; readonly place: number };

/** Mostly those with rules of their own. */
const resource = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Resource>('workloadendpoints') },
  { weight: 3, arbitrary: one<Resource>('profiles', 'profiles.namespaces', 'profiles.serviceaccounts') },
  { weight: 2, arbitrary: one<Resource>(...RESOURCES) },
);
const where = { resource, reader: one(0, 0, 0, 1) };
/** What may happen to one cluster of an index. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(where).chain(({ resource, reader }) =>
      fc
        .array(
          fc.tuple(ENTRIES[resource], one<Delta['op']>('put', 'put', 'put', 'delete', 'skip', 'exclude')),
          { maxLength: 6, size: 'max' },
        )
        .map(
          (pairs) =>
            ({
              do: 'apply',
              resource,
              reader,
              deltas: pairs.map(([entry, op]) => deltaOf(entry, op)),
            }) as const,
        ),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: one('begin' as const, 'end' as const, 'end' as const, 'cancel' as const),
      ...where,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retain' as const),
      resources: fc.subarray([...RESOURCES], { minLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'drop' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'bump' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      kind: one<Kind>('WorkloadEndpoint', 'WorkloadEndpoint', 'WorkloadEndpoint', ...KINDS),
      ofAll: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      place: fc.nat(7),
      from: fc.nat(6),
      max: one(1, 2, 3, Number.POSITIVE_INFINITY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), place: fc.nat(7) }) },
);
