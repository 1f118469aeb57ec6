import type { FeedPlural } from '../feed-resource.ts';

/** `time` is a string of format date-time, `intOrString` either; `list` holds objects. `?` = may be null. */
export type FieldType =
  | 'string'
  | 'strings'
  | 'integer'
  | 'integer?'
  | 'boolean'
  | 'time'
  | 'time?'
  | 'intOrString'
  | 'map'
  | 'object'
  | 'list';

/** Path, type and description. What is in an object or list comes after it. */
export type FieldDescription = readonly [path: string, type: FieldType, description: string];

/** The fields of `metadata` that the feed fills. */
export const OBJECT_META_FIELDS: readonly FieldDescription[] = [
  ['name', 'string', 'Unique in its namespace. In the merged view <cluster>.<name>, or a prefix and a hash.'],
  ['namespace', 'string', 'The namespace, as it is called in the cluster that the object is from.'],
  ['uid', 'string', 'In the view of one cluster the UID there, in the merged view one that is made from it.'],
  ['resourceVersion', 'string', 'The revision of the feed at which the object got its content. Opaque.'],
  ['creationTimestamp', 'time', 'When it was created in its cluster; absent where that is not known.'],
  [
    'labels',
    'map',
    'Its labels; in the merged view federation.tigera.io/remoteClusterName says which cluster it is from.',
  ],
  ['annotations', 'map', 'In the merged view fedsyncd.io/name holds the name in its own cluster.'],
];

export const LIST_META_FIELDS: readonly FieldDescription[] = [
  ['resourceVersion', 'string', 'The revision of the feed that the list shows. Opaque.'],
  ['continue', 'string', 'Token for the next page; absent where there is none.'],
  ['remainingItemCount', 'integer', 'How many items are left; absent where a selector narrows the list.'],
];

const PROFILES: FieldDescription = [
  'spec.profiles',
  'strings',
  'Profiles that give it labels, the first that has a label wins. In the merged view their merged names.',
];
const PORTS: readonly FieldDescription[] = [
  ['spec.ports', 'list', 'Its named ports.'],
  ['spec.ports.name', 'string', 'The name that policies use.'],
  ['spec.ports.protocol', 'intOrString', 'TCP, UDP, SCTP, or the number of a protocol.'],
  ['spec.ports.port', 'integer', 'The port of the endpoint.'],
];

/** Every field of spec and status that the feed serves; discovery documents and `kubectl explain` are made from it. */
export const BODY_FIELDS: Readonly<Record<FeedPlural, readonly FieldDescription[]>> = {
  services: [
    ['spec', 'object', 'What the service offers, as its cluster says it.'],
    ['spec.ports', 'list', 'The ports of the service.'],
    ['spec.ports.name', 'string', 'The name of the port within the service.'],
    ['spec.ports.protocol', 'string', 'TCP, UDP or SCTP.'],
    ['spec.ports.appProtocol', 'string', 'The protocol that is spoken on the port.'],
    ['spec.ports.port', 'integer', 'The port of the service.'],
    ['spec.ports.targetPort', 'intOrString', 'The port of the pods, as a number or by its name.'],
    [
      'spec.selector',
      'map',
      'Labels of the pods that back it. In the merged view also the label of its cluster, so that it selects the WorkloadEndpoints of that cluster alone.',
    ],
    ['spec.clusterIP', 'string', 'The first of clusterIPs. Reachable only where the network allows it.'],
    ['spec.clusterIPs', 'strings', 'The addresses of the service in its cluster; None for a headless one.'],
    ['spec.type', 'string', 'ClusterIP, NodePort, LoadBalancer or ExternalName.'],
    ['spec.sessionAffinity', 'string', 'None or ClientIP.'],
    ['spec.externalName', 'string', 'The name that an ExternalName service stands for.'],
    ['spec.publishNotReadyAddresses', 'boolean', 'Endpoints count although they are not ready.'],
    ['spec.ipFamilies', 'strings', 'The families of clusterIPs, in their order.'],
    ['status', 'object', 'Nothing of it is served.'],
    ['status.loadBalancer', 'object', 'Always empty: addresses of load balancers are not read.'],
  ],
  endpointslices: [
    ['addressType', 'string', 'IPv4, IPv6 or FQDN.'],
    ['endpoints', 'list', 'The endpoints of the slice; those without a usable address are left out.'],
    ['endpoints.addresses', 'strings', 'Addresses of the endpoint, all of the type of the slice.'],
    ['endpoints.conditions', 'object', 'Its state.'],
    ['endpoints.conditions.ready', 'boolean', 'Takes traffic; true where it is absent.'],
    ['endpoints.conditions.serving', 'boolean', 'Like ready, but also while it terminates.'],
    ['endpoints.conditions.terminating', 'boolean', 'Is about to go away.'],
    ['endpoints.hostname', 'string', 'The host name that DNS gives it.'],
    ['endpoints.targetRef', 'object', 'What the endpoint stands for, most often a pod.'],
    ['endpoints.targetRef.kind', 'string', 'The kind of that object.'],
    ['endpoints.targetRef.namespace', 'string', 'Its namespace.'],
    ['endpoints.targetRef.name', 'string', 'Its name; in the merged view <cluster>/<name>.'],
    ['endpoints.targetRef.uid', 'string', 'Its UID in its own cluster.'],
    ['endpoints.nodeName', 'string', 'The node that it is on; in the merged view <cluster>/<node>.'],
    ['endpoints.zone', 'string', 'The zone that it is in.'],
    ['ports', 'list', 'The ports of all endpoints of the slice; none at all means every port.'],
    ['ports.name', 'string', "The name of the service's port; empty for an unnamed one."],
    ['ports.protocol', 'string', 'TCP, UDP or SCTP.'],
    ['ports.port', 'integer', 'The port of the endpoints; absent for all ports.'],
    ['ports.appProtocol', 'string', 'The protocol that is spoken on the port.'],
  ],
  workloadendpoints: [
    ['spec', 'object', 'The endpoint as Calico sees it.'],
    ['spec.orchestrator', 'string', 'k8s for a pod; cni, libnetwork, openstack and others.'],
    ['spec.workload', 'string', 'The workload, for orchestrators that have neither pods nor containers.'],
    ['spec.node', 'string', 'The node that it is on; in the merged view <cluster>/<node>.'],
    ['spec.containerID', 'string', 'The container, for the orchestrator cni.'],
    ['spec.pod', 'string', 'The pod, for the orchestrator k8s.'],
    ['spec.endpoint', 'string', 'The interface inside the workload.'],
    ['spec.serviceAccountName', 'string', 'The service account of the pod.'],
    ['spec.ipNetworks', 'strings', 'Its addresses, each with its prefix length.'],
    PROFILES,
    ['spec.interfaceName', 'string', 'The interface on the host.'],
    ...PORTS,
    ['spec.ports.hostPort', 'integer', 'The port of the host that leads to it, 0 = none.'],
    ['spec.ports.hostIP', 'string', 'The address of the host for hostPort; empty for all.'],
  ],
  hostendpoints: [
    ['spec', 'object', 'The endpoint as Calico sees it.'],
    ['spec.node', 'string', 'The node; in the merged view <cluster>/<node>.'],
    ['spec.interfaceName', 'string', 'The interface, * for all of the node.'],
    ['spec.expectedIPs', 'strings', 'The addresses that the node has there.'],
    PROFILES,
    ...PORTS,
  ],
  profiles: [
    ['spec', 'object', 'The profile without its rules: only labels are federated.'],
    ['spec.labelsToApply', 'map', 'Labels that endpoints with this profile inherit.'],
  ],
  ippools: [
    ['spec', 'object', 'The pool, as far as it matters to other clusters.'],
    ['spec.cidr', 'string', 'The range of addresses.'],
    ['spec.vxlanMode', 'string', 'Never, Always or CrossSubnet.'],
    ['spec.ipipMode', 'string', 'Never, Always or CrossSubnet.'],
    ['spec.natOutgoing', 'boolean', 'Traffic that leaves the pool is masqueraded.'],
    ['spec.disabled', 'boolean', 'No address is assigned from it.'],
  ],
  remoteclusters: [
    ['spec', 'object', 'What the RemoteClusterConfiguration asks for; without addresses and credentials.'],
    ['spec.datastoreType', 'string', 'etcdv3 or kubernetes; absent where the configuration does not say.'],
    ['spec.overlayRoutingMode', 'string', 'Enabled or Disabled.'],
    ['status', 'object', 'What is known of the cluster.'],
    [
      'status.state',
      'string',
      'NotConnecting, Connecting, InSync, ResyncInProgress or ConfigIncomplete. With two datastores the worse one.',
    ],
    ['status.reason', 'string', 'Why it is so, in one word.'],
    ['status.message', 'string', 'Why it is so, in a sentence for people.'],
    ['status.since', 'time?', 'Since when it has this state and reason.'],
    ['status.lastContact', 'time?', 'The last sign of life when this status was written; null = never.'],
    ['status.stale', 'boolean', 'There was no sign of life for longer than --stale-after.'],
    ['status.counts', 'object', 'How many objects are known of the cluster. Brought up to date every 10 s.'],
    ['status.counts.workloadEndpoints', 'integer', 'WorkloadEndpoints that have an address.'],
    ['status.counts.hostEndpoints', 'integer', 'HostEndpoints.'],
    ['status.counts.profiles', 'integer', 'Profiles.'],
    ['status.counts.services', 'integer?', 'Services; null = the cluster does not provide them.'],
    ['status.counts.endpointSlices', 'integer?', 'EndpointSlices; null = the cluster does not provide them.'],
    ['status.counts.ipPools', 'integer', 'IP pools.'],
    ['status.counts.skipped', 'integer', 'Objects that cannot be read now.'],
    ['status.datastores', 'list', 'Each datastore of the cluster by itself.'],
    ['status.datastores.type', 'string', 'etcdv3 or kubernetes.'],
    ['status.datastores.state', 'string', 'As status.state.'],
    ['status.datastores.reason', 'string', 'As status.reason.'],
    ['status.datastores.message', 'string', 'As status.message.'],
    ['status.conditions', 'list', 'One condition, for kubectl wait --for=condition=InSync.'],
    ['status.conditions.type', 'string', 'InSync.'],
    ['status.conditions.status', 'string', 'True while the state is InSync, else False.'],
    ['status.conditions.reason', 'string', 'As status.reason.'],
    ['status.conditions.message', 'string', 'As status.message.'],
    ['status.conditions.lastTransitionTime', 'time?', 'As status.since.'],
  ],
  namespaces: [
    ['spec', 'object', 'Always empty: namespaces are only known by what is in them.'],
    ['status', 'object', 'The state of the namespace.'],
    ['status.phase', 'string', 'Always Active.'],
  ],
};

/** What a resource is, for `kubectl explain`. */
export const KIND_DESCRIPTIONS: Readonly<Record<FeedPlural, string>> = {
  services: 'A Service of a remote cluster.',
  endpointslices: 'A part of the endpoints of a Service of a remote cluster.',
  workloadendpoints: 'A pod or other workload of a remote cluster with its addresses, as Calico sees it.',
  hostendpoints: 'An interface of a node of a remote cluster, as Calico sees it.',
  profiles: 'Labels that endpoints of a remote cluster inherit; those of a namespace or service account.',
  ippools: 'A range of addresses that a remote cluster gives to its workloads.',
  remoteclusters: 'A remote cluster and how well it is known. The feed itself makes these objects.',
  namespaces: 'A namespace that something of the feed is in.',
};
