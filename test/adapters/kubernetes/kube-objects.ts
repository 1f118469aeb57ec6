import { encode } from './kube-proto.ts';

const UID = '8e12f638-dd42-457e-b1a3-bf3b81422b12';

export interface PodOptions {
  readonly namespace?: string;
  readonly resourceVersion?: string;
  readonly ip?: string;
  /** Makes the object larger by so many bytes. */
  readonly ballast?: number;
}

/** A running pod in the shape that both encodings take. */
export function podObject(name: string, options: PodOptions = {}): object {
  const { namespace = 'web', resourceVersion = '1', ip = '10.1.2.3', ballast = 0 } = options;
  return {
    metadata: {
      name,
      namespace,
      uid: UID,
      resourceVersion,
      labels: { app: 'shop' },
      annotations: { ballast: 'x'.repeat(ballast) },
    },
    spec: {
      nodeName: 'n1',
      serviceAccountName: 'sa1',
      containers: [{ name: 'c', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  };
}

export function pod(name: string, options: PodOptions = {}): Buffer {
  return encode('Pod', podObject(name, options));
}

/** A bookmark; `end` marks the end of a WatchList's initial events. */
export function bookmark(resourceVersion: string, end = false): Buffer {
  const annotations = end ? { 'k8s.io/initial-events-end': 'true' } : {};
  return encode('Pod', { metadata: { resourceVersion, annotations } });
}

export function statusObject(code: number, reason: string): Buffer {
  return encode('Status', { status: 'Failure', code, reason, message: `${reason} it is` });
}

export function endpointsObject(name: string, addresses: readonly string[]): object {
  return {
    metadata: { name, namespace: 'web', uid: UID, resourceVersion: '1' },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'http', port: 80 }] }],
  };
}

export function poolObject(name: string, cidr = '10.1.0.0/16'): object {
  return { metadata: { name, uid: UID, resourceVersion: '1' }, spec: { cidr } };
}

export function clusterInformation(ready: boolean | undefined, clusterGUID = 'g1'): object {
  return {
    metadata: { name: 'default', uid: UID, resourceVersion: '1' },
    spec: { clusterGUID, datastoreReady: ready },
  };
}
