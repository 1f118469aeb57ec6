/** Objects in the layout in which Calico and Kubernetes keep them, for filling real servers. */

export interface EtcdWorkload {
  readonly namespace: string;
  readonly node: string;
  readonly pod: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const PREFIX = '/calico/resources/v3/projectcalico.org';

export function workloadKey({ namespace, node, pod }: EtcdWorkload): string {
  const name = `${node.replaceAll('-', '--')}-k8s-${pod.replaceAll('-', '--')}-eth0`;
  return `${PREFIX}/workloadendpoints/${namespace}/${name}`;
}

export function workloadValue(workload: EtcdWorkload): string {
  const { namespace, node, pod, ip, labels = {} } = workload;
  return JSON.stringify({
    kind: 'WorkloadEndpoint',
    apiVersion: 'projectcalico.org/v3',
    metadata: {
      name: workloadKey(workload).split('/').at(-1),
      namespace,
      uid: '0b4ff3f8-6b9a-4d1e-9d6b-3f8c1c5d2a01',
      creationTimestamp: '2026-01-02T03:04:05Z',
      labels: {
        ...labels,
        'projectcalico.org/namespace': namespace,
        'projectcalico.org/orchestrator': 'k8s',
      },
    },
    spec: {
      orchestrator: 'k8s',
      node,
      pod,
      endpoint: 'eth0',
      ipNetworks: [`${ip}/32`],
      profiles: [`kns.${namespace}`],
      interfaceName: 'cali0123456789a',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }],
    },
  });
}

export function profileKey(name: string): string {
  return `${PREFIX}/profiles/${name}`;
}

export function profileValue(name: string, labelsToApply: Readonly<Record<string, string>>): string {
  const metadata = { name, uid: '0b4ff3f8-6b9a-4d1e-9d6b-3f8c1c5d2a02' };
  return JSON.stringify({
    kind: 'Profile',
    apiVersion: 'projectcalico.org/v3',
    metadata,
    spec: { labelsToApply },
  });
}

export interface PodSpec {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export function pod({ namespace, name, node, ip, labels = {} }: PodSpec): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations: { 'cni.projectcalico.org/podIP': `${ip}/32` } },
    spec: {
      nodeName: node,
      containers: [{ name: 'main', image: 'example/main:1', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  };
}

export function endpointSlice(
  namespace: string,
  service: string,
  addresses: readonly string[],
): Record<string, unknown> {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-abc12`, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}
