import { podInterfaceName } from '../model/interface-name.ts';
import { reverseUid } from '../model/uid.ts';
import { workloadEndpointName } from '../model/workload-endpoint-name.ts';
import { uuid } from './identity.ts';
import { metadata, serviceAccountLabels } from './kubernetes-objects.ts';
import { POD_SLOTS, podLabels } from './pod-shape.ts';
import type { PodShape } from './pod-shape.ts';
import { slot } from './template.ts';
import { nameOf, namespaceOf } from './world-items.ts';
import type {
  CalicoGroup,
  ClusterInformationItem,
  HostEndpointItem,
  IPPoolItem,
  NamespaceItem,
  PodItem,
  ServiceAccountItem,
} from './world-items.ts';
import { clusterGuid, nodeAddress, nodeName, podNetworkCidr, timestamp } from './world-facts.ts';
import type { WorldFacts } from './world-facts.ts';

/** A Calico resource without metadata: what both API groups and etcd have in common. */
export interface CalicoContent {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec: object;
}

/** Whether Calico has a WorkloadEndpoint with an address for that pod. */
export function isEndpoint(pod: PodItem): boolean {
  return !pod.workload.hostNetwork && pod.phase === 'Running';
}

export function workloadEndpointNameOf(pod: PodItem): string {
  return workloadEndpointName({
    node: nodeName(pod.node),
    orchestrator: 'k8s',
    workload: nameOf(pod.key),
    endpoint: 'eth0',
  });
}

/** `cali` and eleven hex digits. */
export function interfaceNameOf(pod: PodItem): string {
  return podInterfaceName('cali', namespaceOf(pod.key), nameOf(pod.key));
}

/** The JSON that the CNI plugin stores in etcd for a pod, with holes. */
export function workloadEndpointObject(shape: PodShape): object {
  const { workload } = shape;
  const address = `${slot(POD_SLOTS.address)}/32`;
  return {
    kind: 'WorkloadEndpoint',
    apiVersion: 'projectcalico.org/v3',
    metadata: {
      name: slot(POD_SLOTS.workloadEndpoint),
      generateName: `${workload.ownerName}-`,
      namespace: workload.namespace,
      uid: slot(POD_SLOTS.uid),
      creationTimestamp: slot(POD_SLOTS.created),
      labels: {
        ...podLabels(shape),
        'projectcalico.org/namespace': workload.namespace,
        'projectcalico.org/orchestrator': 'k8s',
        'projectcalico.org/serviceaccount': workload.serviceAccount,
      },
    },
    spec: {
      orchestrator: 'k8s',
      node: slot(POD_SLOTS.node),
      containerID: slot(POD_SLOTS.container),
      pod: slot(POD_SLOTS.name),
      endpoint: 'eth0',
      serviceAccountName: workload.serviceAccount,
      ipNetworks: shape.ipv6 ? [address, `${slot(POD_SLOTS.address6)}/128`] : [address],
      profiles: [`kns.${workload.namespace}`, `ksa.${workload.namespace}.${workload.serviceAccount}`],
      interfaceName: slot(POD_SLOTS.interface),
      ports: [
        { name: 'http', protocol: 'TCP', port: workload.port, hostPort: 0, hostIP: '' },
        { name: 'metrics', protocol: 'TCP', port: 9102, hostPort: 0, hostIP: '' },
        { name: 'http-envoy-prom', protocol: 'TCP', port: 15090, hostPort: 0, hostIP: '' },
      ],
    },
  };
}

/** The profile that kube-controllers makes of a namespace or a service account, as stored in etcd. */
export function profileObject(facts: WorldFacts, item: NamespaceItem | ServiceAccountItem): object {
  const allow = [{ action: 'Allow', source: {}, destination: {} }];
  const prefix = item.resource === 'namespaces' ? 'pcns.' : 'pcsa.';
  const labels =
    item.resource === 'namespaces'
      ? { 'kubernetes.io/metadata.name': item.key, ...item.labels }
      : serviceAccountLabels(item);
  return {
    kind: 'Profile',
    apiVersion: 'projectcalico.org/v3',
    metadata: {
      name: profileNameOf(item),
      uid: reverseUid(uuid(facts.seed, item.serial)),
      creationTimestamp: timestamp(item.created).text,
    },
    spec: {
      ...(item.resource === 'namespaces' ? { ingress: allow, egress: allow } : {}),
      labelsToApply: {
        ...Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value])),
        [`${prefix}projectcalico.org/name`]: nameOf(item.key),
      },
    },
  };
}

/** `kns.<namespace>`, `ksa.<namespace>.<name>`. */
export function profileNameOf(item: NamespaceItem | ServiceAccountItem): string {
  return item.resource === 'namespaces' ? `kns.${item.key}` : `ksa.${item.key.replace('/', '.')}`;
}

export function hostEndpointContent(facts: WorldFacts, item: HostEndpointItem): CalicoContent {
  return {
    labels: { 'kubernetes.io/hostname': nodeName(item.node), 'kubernetes.io/os': 'linux', role: 'worker' },
    spec: {
      node: nodeName(item.node),
      interfaceName: '*',
      expectedIPs: [nodeAddress(facts, item.node)],
      profiles: ['projectcalico-default-allow'],
    },
  };
}

export function ipPoolContent(facts: WorldFacts, _item: IPPoolItem): CalicoContent {
  return {
    spec: {
      cidr: podNetworkCidr(facts.podNetwork),
      vxlanMode: 'Never',
      ipipMode: 'CrossSubnet',
      natOutgoing: true,
      blockSize: 26,
      nodeSelector: 'all()',
      allowedUses: ['Workload', 'Tunnel'],
    },
  };
}

export function clusterInformationContent(
  facts: WorldFacts,
  item: ClusterInformationItem,
  group: CalicoGroup,
): CalicoContent {
  const ready = item.ready[group];
  return {
    spec: {
      clusterGUID: clusterGuid(facts),
      clusterType: 'k8s,bgp,kubeadm',
      calicoVersion: 'v3.32.0',
      ...(ready === undefined ? {} : { datastoreReady: ready }),
    },
  };
}

/** The custom resource of a group: in v1 Calico keeps labels in an annotation (libcalico-go, customresource.go). */
export function customResource(
  meta: Record<string, unknown>,
  content: CalicoContent,
  group: CalicoGroup,
): object {
  const labels = content.labels;
  if (labels === undefined) return { metadata: meta, spec: content.spec };
  if (group === 'projectcalico.org/v3') return { metadata: { ...meta, labels }, spec: content.spec };
  const kept = JSON.stringify({ creationTimestamp: meta['creationTimestamp'], labels });
  return {
    metadata: { ...meta, annotations: { 'projectcalico.org/metadata': kept } },
    spec: content.spec,
  };
}

/** As stored in etcd: no resourceVersion. */
export function storedResource(
  facts: WorldFacts,
  item: HostEndpointItem | IPPoolItem | ClusterInformationItem,
  kind: string,
  content: CalicoContent,
): object {
  const { resourceVersion: _, ...meta } = metadata(facts, item, 0);
  const labels = content.labels === undefined ? {} : { labels: content.labels };
  return {
    kind,
    apiVersion: 'projectcalico.org/v3',
    metadata: { ...meta, ...labels },
    spec: content.spec,
  };
}
