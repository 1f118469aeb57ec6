import * as fc from 'fast-check';
import type { ClusterStatus } from '../../../src/contract/cluster-status.ts';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedObject, FeedView } from '../../../src/feed/feed-object.ts';
import { REMOTE_CLUSTER_LABEL } from '../../../src/model/federation.ts';
import { LabelSet } from '../../../src/model/label-set.ts';
import type { Entry, HostEndpoint, IPPool, Profile } from '../../../src/model/objects.ts';
import type { EndpointSlice } from '../../../src/model/endpoint-slice.ts';
import type { Service } from '../../../src/model/service.ts';
import type { WorkloadEndpoint } from '../../../src/model/workload-endpoint.ts';

export const UID = '5c8f3b1e-0a57-4d3e-9c55-0123456789ab';
export const CREATED = Date.UTC(2026, 0, 2, 3, 4, 5);
export const EAST: FeedView = { view: 'cluster', cluster: 'east' };

const meta = { namespace: 'shop', uid: UID, resourceVersion: '77', created: CREATED };

export function labels(record: Record<string, string> = {}): LabelSet {
  return LabelSet.fromRecord(record);
}

export function workload(more: Partial<WorkloadEndpoint> = {}): WorkloadEndpoint {
  return {
    kind: 'WorkloadEndpoint',
    ...meta,
    node: 'node-1',
    orchestrator: 'k8s',
    workload: 'web-1',
    endpoint: 'eth0',
    serviceAccount: 'web',
    interfaceName: 'cali0123456789a',
    ipNetworks: ['10.0.0.1/32'],
    labels: labels({ app: 'web' }),
    profiles: ['kns.shop', 'ksa.shop.web'],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }],
    ...more,
  };
}

export function hostEndpoint(more: Partial<HostEndpoint> = {}): HostEndpoint {
  return {
    kind: 'HostEndpoint',
    ...meta,
    namespace: '',
    name: 'node-1-eth0',
    node: 'node-1',
    interfaceName: 'eth0',
    expectedIPs: ['192.0.2.1'],
    labels: labels({ role: 'gateway' }),
    profiles: ['hosts'],
    ports: [{ name: 'ssh', protocol: '6', port: 22, hostPort: 0, hostIP: '' }],
    ...more,
  };
}

export function profile(more: Partial<Profile> = {}): Profile {
  const labelsToApply = labels({ 'pcns.team': 'shop' });
  return { kind: 'Profile', ...meta, namespace: '', name: 'kns.shop', labelsToApply, ...more };
}

export function pool(more: Partial<IPPool> = {}): IPPool {
  const modes = { vxlanMode: 'Never', ipipMode: '' };
  const rest = { cidr: '10.0.0.0/16', disabled: false, natOutgoing: true, ...modes };
  return { kind: 'IPPool', ...meta, namespace: '', name: 'default-ipv4-ippool', ...rest, ...more };
}

export function service(more: Partial<Service> = {}): Service {
  return {
    kind: 'Service',
    ...meta,
    name: 'web',
    labels: labels({ app: 'web' }),
    annotations: labels({ 'federation.tigera.io/serviceSelector': "app == 'web'" }),
    type: 'ClusterIP',
    clusterIPs: ['10.96.0.7', 'fd00::7'],
    externalName: '',
    selector: labels({ app: 'web' }),
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, targetPort: '8080', appProtocol: 'http' },
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns', appProtocol: '' },
    ],
    publishNotReadyAddresses: false,
    sessionAffinity: 'None',
    ...more,
  };
}

export function slice(more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    ...meta,
    name: 'web-abcde',
    service: 'web',
    labels: labels({ 'kubernetes.io/service-name': 'web', app: 'web' }),
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080, appProtocol: '' }],
    endpoints: [
      {
        addresses: ['10.0.0.1'],
        ready: true,
        serving: true,
        terminating: false,
        hostname: '',
        nodeName: 'node-1',
        zone: 'a',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-1', uid: UID },
      },
    ],
    ...more,
  };
}

export function clusterStatus(more: Partial<ClusterStatus> = {}): ClusterStatus {
  return {
    name: 'east',
    datastoreType: 'kubernetes',
    status: 'InSync',
    reason: 'Synced',
    message: 'Everything is listed and watched.',
    since: CREATED,
    lastContact: CREATED + 1000,
    stale: false,
    nextRetry: null,
    counts: {
      workloadEndpoints: 7,
      hostEndpoints: 1,
      profiles: 4,
      services: 3,
      endpointSlices: 5,
      ipPools: 2,
      skipped: 0,
    },
    datastores: [{ type: 'kubernetes', status: 'InSync', reason: 'Synced', message: '' }],
    overlayRoutingMode: 'Disabled',
    origin: '/etc/rcc/east.yaml, document 1',
    skipped: [],
    notes: ['a note'],
    ...more,
  };
}

const PLURALS = {
  WorkloadEndpoint: 'workloadendpoints',
  HostEndpoint: 'hostendpoints',
  Profile: 'profiles',
  IPPool: 'ippools',
  Service: 'services',
  EndpointSlice: 'endpointslices',
} as const;

export type FedEntry = Exclude<Entry, { readonly kind: 'ClusterInformation' }>;

/** An object of the cluster `east`, unless another is given. */
export function feedObject(content: FedEntry, more: Partial<FeedObject> = {}): FeedObject {
  const name =
    content.kind === 'WorkloadEndpoint'
      ? `${content.node}-${content.orchestrator}-${content.workload}-${content.endpoint}`
      : content.name;
  const { namespace } = content;
  return {
    resource: PLURALS[content.kind],
    cluster: 'east',
    namespace,
    name,
    sequence: 9,
    content,
    ...more,
  };
}

export function remoteCluster(status: ClusterStatus = clusterStatus()): FeedObject {
  return {
    resource: 'remoteclusters',
    cluster: status.name,
    namespace: '',
    name: status.name,
    sequence: 9,
    content: { kind: 'RemoteCluster', status, created: CREATED, uid: UID },
  };
}

export function namespaceObject(name = 'shop', cluster = ''): FeedObject {
  const content = { kind: 'Namespace', name } as const;
  return { resource: 'namespaces', cluster, namespace: '', name, sequence: 9, content };
}

export function samples(): FeedObject[] {
  const entries = [workload(), hostEndpoint(), profile(), pool(), service(), slice()];
  return [...entries.map((entry) => feedObject(entry)), remoteCluster(), namespaceObject()];
}

// What remote clusters can send at worst: any text, also with quotes, controls and halves of surrogate pairs.
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', '__proto__', '7', 'constructor', '\ud83d', '"\\\u0001\u2028', 'web', 'é😀'),
);
const name = fc.oneof(
  fc.stringMatching(/^[a-z]([-a-z0-9.]{0,14}[a-z0-9])?$/),
  text.filter((value) => value !== ''),
);
const label = fc.tuple(
  fc.oneof(name, fc.constantFrom(REMOTE_CLUSTER_LABEL, 'fedsyncd.io/name', 'kubernetes.io/service-name')),
  text,
);
const labelSet = fc.array(label, { maxLength: 6 }).map((pairs) => LabelSet.of(pairs));
const time = fc.oneof(
  fc.constantFrom(0, 1, -1, CREATED, CREATED + 999, -62_167_219_200_000, 253_402_300_800_000),
  fc.integer({ min: -70_000_000, max: 253_500_000 }).map((seconds) => seconds * 1000),
);
const uid = fc.oneof(fc.constantFrom(UID, UID.toUpperCase(), ''), fc.uuid(), text);
const address = fc.oneof(fc.ipV4(), fc.constantFrom('fd00::1', '2001:db8::7'));
const port = fc.integer({ min: 0, max: 65_535 });
const endpointPort = fc.record({
  name: text,
  protocol: fc.constantFrom('TCP', 'UDP', '47', 'X'),
  port,
  hostPort: port,
  hostIP: text,
});
const condition = fc.constantFrom(undefined, true, false);
const few = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { maxLength: 3 });
const metaOf = <K extends string>(kind: K, namespaced: boolean) => ({
  kind: fc.constant(kind),
  namespace: namespaced ? name : fc.constant(''),
  name,
  uid,
  resourceVersion: text,
  created: time,
});

const workloads: fc.Arbitrary<WorkloadEndpoint> = fc.record({
  kind: fc.constant('WorkloadEndpoint'),
  namespace: name,
  node: name,
  orchestrator: fc.constantFrom('k8s', 'cni', 'libnetwork', 'openstack'),
  workload: name,
  endpoint: name,
  serviceAccount: text,
  interfaceName: text,
  ipNetworks: few(address.map((one) => `${one}/${one.includes(':') ? 128 : 32}`)),
  labels: labelSet,
  profiles: few(name),
  ports: few(endpointPort),
  uid,
  resourceVersion: text,
  created: time,
});
const hosts: fc.Arbitrary<HostEndpoint> = fc.record({
  ...metaOf('HostEndpoint', false),
  node: name,
  interfaceName: text,
  expectedIPs: few(address),
  labels: labelSet,
  profiles: few(name),
  ports: few(endpointPort),
});
const profiles: fc.Arbitrary<Profile> = fc.record({
  ...metaOf('Profile', false),
  labelsToApply: labelSet,
});
const pools: fc.Arbitrary<IPPool> = fc.record({
  ...metaOf('IPPool', false),
  cidr: fc.constantFrom('10.0.0.0/8', 'fd00::/64'),
  disabled: fc.boolean(),
  natOutgoing: fc.boolean(),
  vxlanMode: text,
  ipipMode: text,
});
const services: fc.Arbitrary<Service> = fc.record({
  ...metaOf('Service', true),
  labels: labelSet,
  annotations: labelSet,
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'Odd'),
  clusterIPs: fc.oneof(few(address), fc.constant(['None'])),
  externalName: text,
  selector: labelSet,
  ports: few(
    fc.record({
      name: text,
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP', 'odd'),
      port,
      targetPort: fc.oneof(port.map(String), text),
      appProtocol: text,
    }),
  ),
  publishNotReadyAddresses: fc.boolean(),
  sessionAffinity: fc.constantFrom('None', 'ClientIP'),
});
const slices: fc.Arbitrary<EndpointSlice> = fc.record({
  ...metaOf('EndpointSlice', true),
  service: text,
  labels: labelSet,
  addressType: fc.constantFrom('IPv4', 'IPv6', 'FQDN'),
  ports: few(
    fc.record({
      name: text,
      protocol: text,
      port: fc.option(port, { nil: undefined }),
      appProtocol: text,
    }),
  ),
  endpoints: few(
    fc.record({
      addresses: few(address),
      ready: condition,
      serving: condition,
      terminating: condition,
      hostname: text,
      nodeName: text,
      zone: text,
      targetRef: fc.option(fc.record({ kind: text, namespace: text, name: text, uid: text }), {
        nil: undefined,
      }),
    }),
  ),
});

export const anyCluster = fc.oneof(
  fc.constantFrom('east', 'a', 'prod.eu', 'x'.repeat(63), 'y'.repeat(64), 'long'.repeat(60)),
  fc.stringMatching(/^[a-z]([-a-z0-9.]{0,12}[a-z0-9])?$/),
);
export const anyName = name;
export const anyText = text;

/** Any object that comes from an index. */
export const anyEntry: fc.Arbitrary<FeedObject> = fc
  .tuple(fc.oneof(workloads, hosts, profiles, pools, services, slices), anyCluster)
  .map(([content, cluster]) => feedObject(content, { cluster }));

export const anyService = fc.tuple(services, anyCluster).map(([content, cluster]) => {
  return feedObject(content, { cluster });
});
export const anySlice = fc.tuple(slices, anyCluster).map(([content, cluster]) => {
  return feedObject(content, { cluster });
});

const statuses = fc
  .record({
    name: anyCluster,
    datastoreType: fc.constantFrom('etcdv3', 'kubernetes', null),
    message: fc.oneof(text, fc.constant('long '.repeat(1000))),
    since: time,
    lastContact: fc.option(time),
    stale: fc.boolean(),
  })
  .map((more) => remoteCluster(clusterStatus(more)));

export const anyObject: fc.Arbitrary<FeedObject> = fc.oneof(
  { weight: 8, arbitrary: anyEntry },
  statuses,
  name.map((one) => namespaceObject(one)),
);

/** A view that can show the object. */
export function viewsOf(object: FeedObject): FeedView[] {
  return object.cluster === '' ? [MERGED] : [MERGED, { view: 'cluster', cluster: object.cluster }];
}
