import { sliceToCreate } from '../../src/controller/owned/slice-to-json.ts';
import type { DesiredPart } from '../../src/controller/plan/desired-service.ts';
import type { SliceContent } from '../../src/controller/plan/edit.ts';
import { baseName } from '../../src/controller/plan/slice-name.ts';
import { endpointSliceFromJson } from '../../src/model/endpoint-slice-json.ts';
import type { EndpointSlice } from '../../src/model/endpoint-slice.ts';
import { SERVICE_SELECTOR_ANNOTATION } from '../../src/model/federation.ts';
import type { JsonObject } from '../../src/model/json-field.ts';
import { serviceFromJson } from '../../src/model/service-json.ts';
import type { Service } from '../../src/model/service.ts';

/** One endpoint: its number among all, and what a change makes of it. */
export interface EndpointState {
  readonly number: number;
  /** Of the pod: another one has another name, UID and address. */
  readonly generation?: number;
  readonly ready?: boolean;
}

const SLICE_PORTS = [
  { name: 'http', protocol: 'TCP', port: 8080, appProtocol: 'http' },
  { name: 'metrics', protocol: 'TCP', port: 9102 },
];

/** A backing service of a remote cluster, as its API server gives it. */
export function backingService(namespace: string, name: string): Service {
  return serviceFromJson(
    fromServer({
      metadata: {
        ...metadata(namespace, name),
        labels: {
          app: name,
          'app.kubernetes.io/name': name,
          'app.kubernetes.io/part-of': namespace,
          tier: 'backend',
        },
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.97.3.4',
        clusterIPs: ['10.97.3.4'],
        selector: { app: name },
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 'http', appProtocol: 'http' },
          { name: 'metrics', protocol: 'TCP', port: 9102, targetPort: 9102 },
        ],
      },
    }),
  );
}

/** The slice of a backing service with that number. */
export function backingSlice(
  namespace: string,
  service: string,
  part: number,
  endpoints: readonly EndpointState[],
): EndpointSlice {
  const name = `${service}-${(part + 0x5a3f1).toString(36)}`;
  return endpointSliceFromJson(
    fromServer({
      metadata: {
        ...metadata(namespace, name),
        labels: {
          app: service,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          'kubernetes.io/service-name': service,
        },
      },
      addressType: 'IPv4',
      ports: SLICE_PORTS,
      endpoints: endpoints.map((state) => endpointJson(namespace, service, state)),
    }),
  );
}

/** A local service that takes the services of its name in all clusters. */
export function federatedService(namespace: string, name: string): Service {
  return serviceFromJson(
    fromServer({
      metadata: {
        ...metadata(namespace, name),
        annotations: { [SERVICE_SELECTOR_ANNOTATION]: `app == '${name}'` },
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.96.3.4',
        clusterIPs: ['10.96.3.4'],
        ports: [
          { name: 'http', protocol: 'TCP', port: 80 },
          { name: 'metrics', protocol: 'TCP', port: 9102 },
        ],
      },
    }),
  );
}

let version = 1000;

/** One of our slices as the API server holds it once it was accepted. */
export function stored(content: SliceContent, uid = uidOf(++version)): JsonObject {
  const object = sliceToCreate(content);
  const meta = { ...(object['metadata'] as JsonObject), uid, resourceVersion: String(++version) };
  return fromServer({ ...object, metadata: meta });
}

/** The slices that an earlier process left for a part that fits into one. */
export function writtenBefore(service: Service, part: DesiredPart): SliceContent {
  const { namespace, name, uid } = service;
  const { cluster, family, ports, endpoints } = part;
  const sliceName = `${baseName(name, uid, part)}-0`;
  return {
    namespace,
    name: sliceName,
    service: name,
    serviceUid: uid,
    cluster,
    family,
    ports,
    endpoints,
  };
}

function endpointJson(
  namespace: string,
  service: string,
  { number, generation = 0, ready = true }: EndpointState,
): object {
  const pod = number + generation * 1_000_003;
  return {
    addresses: [`10.${(pod >> 16) & 255}.${(pod >> 8) & 255}.${pod & 255}`],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: `ip-10-0-3-${number % 200}.eu-west-1.compute.internal`,
    zone: `eu-west-1${'abc'[number % 3] ?? ''}`,
    targetRef: {
      kind: 'Pod',
      namespace,
      name: `${service}-7d9f8c6b5d-${(pod * 7).toString(36).padStart(5, 'x').slice(-5)}`,
      uid: uidOf(pod),
    },
  };
}

function metadata(namespace: string, name: string): object {
  return {
    namespace,
    name,
    uid: uidOf(++version),
    resourceVersion: String(++version),
    creationTimestamp: '2026-01-05T10:00:00Z',
  };
}

function uidOf(number: number): string {
  return `5c8f3b1e-0a57-4d3e-9c55-${number.toString(16).padStart(12, '0')}`;
}

/** Fresh strings and objects, as a decoder makes them. */
function fromServer(object: object): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}
