import { mix, nameSuffix, uuid } from './identity.ts';
import { nameOf, namespaceOf } from './world-items.ts';
import type {
  EndpointSliceItem,
  EndpointsItem,
  NamespaceItem,
  PodItem,
  ServiceAccountItem,
  ServiceItem,
  WorldItem,
} from './world-items.ts';
import { nodeName, podAddress, serviceAddress, timestamp, zoneOf } from './world-facts.ts';
import type { WorldFacts } from './world-facts.ts';

/** The ObjectMeta that every kind shares. */
export function metadata(facts: WorldFacts, item: WorldItem, revision: number): Record<string, unknown> {
  const namespace = namespaceOf(item.key);
  return {
    name: nameOf(item.key),
    ...(namespace === '' ? {} : { namespace }),
    uid: uuid(facts.seed, item.serial),
    resourceVersion: String(revision),
    creationTimestamp: timestamp(item.created).text,
  };
}

export function namespaceObject(facts: WorldFacts, item: NamespaceItem, revision: number): object {
  return {
    metadata: {
      ...metadata(facts, item, revision),
      labels: { 'kubernetes.io/metadata.name': item.key, ...item.labels },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

export function serviceAccountObject(facts: WorldFacts, item: ServiceAccountItem, revision: number): object {
  const name = nameOf(item.key);
  const labels = name === 'default' ? {} : { labels: serviceAccountLabels(item) };
  return { metadata: { ...metadata(facts, item, revision), ...labels } };
}

export function serviceAccountLabels(item: ServiceAccountItem): Record<string, string> {
  const name = nameOf(item.key);
  return name === 'default' ? {} : { 'app.kubernetes.io/name': name };
}

export function serviceObject(facts: WorldFacts, item: ServiceItem, revision: number): object {
  const { workload } = item;
  const address = item.headless ? 'None' : serviceAddress(facts, item.number);
  return {
    metadata: {
      ...metadata(facts, item, revision),
      labels: { app: workload.name, tier: workload.labels['tier'] ?? '' },
      annotations: {
        'example.com/owner': `team-${workload.namespace}`,
        ...(item.federation === undefined ? {} : { 'federation.tigera.io/serviceSelector': item.federation }),
      },
    },
    spec: {
      ports: [
        { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', appProtocol: 'http' },
        { name: 'metrics', protocol: 'TCP', port: 9102, targetPort: 9102 },
      ],
      ...(item.federation === undefined ? { selector: { app: workload.name } } : {}),
      clusterIP: address,
      clusterIPs: [address],
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
      ipFamilies: ['IPv4'],
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}

export function endpointSliceObject(facts: WorldFacts, item: EndpointSliceItem, revision: number): object {
  const service = nameOf(item.service.key);
  return {
    metadata: {
      ...metadata(facts, item, revision),
      generateName: `${service}-`,
      generation: 1,
      labels: {
        app: item.service.workload.name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service,
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: service,
          uid: uuid(facts.seed, item.service.serial),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: 'IPv4',
    endpoints: item.pods.map((pod) => ({
      addresses: [podAddress(facts, pod.address)],
      conditions: { ready: pod.ready, serving: pod.ready, terminating: false },
      targetRef: podReference(facts, pod),
      nodeName: nodeName(pod.node),
      zone: zoneOf(pod.node),
    })),
    ports: [
      { name: 'http', protocol: 'TCP', port: item.service.workload.port, appProtocol: 'http' },
      { name: 'metrics', protocol: 'TCP', port: 9102 },
    ],
  };
}

export function endpointsObject(facts: WorldFacts, item: EndpointsItem, revision: number): object {
  const address = (pod: PodItem): object => ({
    ip: podAddress(facts, pod.address),
    nodeName: nodeName(pod.node),
    targetRef: podReference(facts, pod),
  });
  const addresses = item.pods.filter((pod) => pod.ready).map(address);
  const notReadyAddresses = item.pods.filter((pod) => !pod.ready).map(address);
  return {
    metadata: { ...metadata(facts, item, revision), labels: { app: item.service.workload.name } },
    subsets:
      item.pods.length === 0
        ? []
        : [
            {
              ...(addresses.length === 0 ? {} : { addresses }),
              ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
              ports: [
                { name: 'http', port: item.service.workload.port, protocol: 'TCP', appProtocol: 'http' },
                { name: 'metrics', port: 9102, protocol: 'TCP' },
              ],
            },
          ],
  };
}

/** `<service>-<suffix>`; several slices of one service differ in the suffix. */
export function endpointSliceName(service: string, part: number): string {
  return `${service}-${nameSuffix(mix(service.length * 31 + part, 0x511ce))}`;
}

function podReference(facts: WorldFacts, pod: PodItem): object {
  return {
    kind: 'Pod',
    namespace: namespaceOf(pod.key),
    name: nameOf(pod.key),
    uid: uuid(facts.seed, pod.serial),
  };
}
