import type { FeedColumn, FeedPlural, FeedResource } from '../feed-resource.ts';

const CALICO = { group: 'projectcalico.org', version: 'v3', protobuf: false } as const;
const CATEGORY = 'fedsyncd';

const NAME: FeedColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'In the merged view <cluster>.<name>, in the view of one cluster the name that it has there.',
  priority: 0,
};
const AGE = column('Age', 'Since the object was created in its cluster.');

/** What the feed serves, by plural name. */
export const FEED_RESOURCES: Readonly<Record<FeedPlural, FeedResource>> = {
  services: {
    plural: 'services',
    singular: 'service',
    kind: 'Service',
    group: '',
    version: 'v1',
    namespaced: true,
    shortNames: ['svc'],
    categories: ['all', CATEGORY],
    protobuf: true,
    columns: [
      NAME,
      column('Type', 'ClusterIP, NodePort, LoadBalancer or ExternalName.'),
      column('Cluster-IP', 'The first address of the service, None for a headless one.'),
      column('External-IP', 'The name that an ExternalName service stands for.'),
      column('Port(s)', 'Ports with their protocols.'),
      AGE,
      wide('Selector', 'The pods that back the service.'),
    ],
    fields: ['spec.clusterIP', 'spec.type'],
  },
  endpointslices: {
    plural: 'endpointslices',
    singular: 'endpointslice',
    kind: 'EndpointSlice',
    group: 'discovery.k8s.io',
    version: 'v1',
    namespaced: true,
    shortNames: [],
    categories: [CATEGORY],
    protobuf: true,
    columns: [
      NAME,
      column('AddressType', 'IPv4, IPv6 or FQDN.'),
      column('Ports', 'The first ports.'),
      column('Endpoints', 'The first addresses.'),
      AGE,
    ],
    fields: [],
  },
  workloadendpoints: {
    ...CALICO,
    plural: 'workloadendpoints',
    singular: 'workloadendpoint',
    kind: 'WorkloadEndpoint',
    namespaced: true,
    shortNames: ['wep', 'weps'],
    categories: [CATEGORY],
    columns: [
      NAME,
      column('Workload', 'The pod, container or other workload.'),
      column('Node', 'Where it runs; in the merged view <cluster>/<node>.'),
      column('Networks', 'Its addresses.'),
      column('Interface', 'The interface on the host.'),
      AGE,
      wide('Profiles', 'The profiles that it inherits labels from.'),
    ],
    fields: [
      'spec.node',
      'spec.orchestrator',
      'spec.workload',
      'spec.pod',
      'spec.containerID',
      'spec.endpoint',
      'spec.serviceAccountName',
      'spec.interfaceName',
      'spec.ipNetworks',
      'spec.profiles',
    ],
  },
  hostendpoints: {
    ...CALICO,
    plural: 'hostendpoints',
    singular: 'hostendpoint',
    kind: 'HostEndpoint',
    namespaced: false,
    shortNames: ['hep', 'heps'],
    categories: [CATEGORY],
    columns: [
      NAME,
      column('Node', 'Where it is; in the merged view <cluster>/<node>.'),
      column('Interface', 'The interface, * for all.'),
      column('IPs', 'The addresses that the node has there.'),
      AGE,
      wide('Profiles', 'The profiles that it inherits labels from.'),
    ],
    fields: ['spec.node', 'spec.interfaceName', 'spec.expectedIPs', 'spec.profiles'],
  },
  profiles: {
    ...CALICO,
    plural: 'profiles',
    singular: 'profile',
    kind: 'Profile',
    namespaced: false,
    shortNames: [],
    categories: [CATEGORY],
    columns: [NAME, AGE, wide('Labels', 'What endpoints with this profile inherit.')],
    fields: [],
  },
  ippools: {
    ...CALICO,
    plural: 'ippools',
    singular: 'ippool',
    kind: 'IPPool',
    namespaced: false,
    shortNames: [],
    categories: [CATEGORY],
    columns: [
      NAME,
      column('CIDR', 'The range of the pool.'),
      column('NAT', 'Whether traffic that leaves the pool is masqueraded.'),
      column('Disabled', 'Whether no address is assigned from it.'),
      AGE,
      wide('IPIPMode', 'Never, Always or CrossSubnet.'),
      wide('VXLANMode', 'Never, Always or CrossSubnet.'),
    ],
    fields: ['spec.cidr', 'spec.disabled', 'spec.natOutgoing'],
  },
  remoteclusters: {
    plural: 'remoteclusters',
    singular: 'remotecluster',
    kind: 'RemoteCluster',
    group: 'fedsyncd.io',
    version: 'v1alpha1',
    namespaced: false,
    // `rc` is what Kubernetes calls its ReplicationControllers.
    shortNames: ['rmc'],
    categories: [CATEGORY],
    protobuf: false,
    columns: [
      { ...NAME, description: 'The name of the RemoteClusterConfiguration.' },
      column('Type', 'etcdv3 or kubernetes.'),
      column('Status', 'InSync where everything is listed and watched.'),
      column('Reason', 'Why it is so.'),
      column('Endpoints', 'How many WorkloadEndpoints and HostEndpoints are known.'),
      column('Services', 'How many services are known; <none> where the cluster does not provide them.'),
      column('Since', 'How long it has had this status and reason.'),
      wide('Last-Contact', 'The last sign of life when the status changed.'),
      wide('Slices', 'How many EndpointSlices are known.'),
      wide('Age', 'Since this daemon saw the cluster first.'),
      wide('Message', 'One sentence for people.'),
    ],
    fields: [
      'spec.datastoreType',
      'spec.overlayRoutingMode',
      'status.state',
      'status.reason',
      'status.stale',
    ],
  },
  namespaces: {
    plural: 'namespaces',
    singular: 'namespace',
    kind: 'Namespace',
    group: '',
    version: 'v1',
    namespaced: false,
    shortNames: ['ns'],
    categories: [CATEGORY],
    protobuf: true,
    columns: [
      { ...NAME, description: 'A namespace that something of the feed is in.' },
      column('Status', 'Always Active: the feed knows only which namespaces are in use.'),
      AGE,
    ],
    fields: ['status.phase'],
  },
};

/** `v1`, `discovery.k8s.io/v1`. */
export function apiVersionOf({ group, version }: FeedResource): string {
  return group === '' ? version : `${group}/${version}`;
}

function column(name: string, description: string): FeedColumn {
  return { name, type: 'string', format: '', description, priority: 0 };
}

function wide(name: string, description: string): FeedColumn {
  return { ...column(name, description), priority: 1 };
}
