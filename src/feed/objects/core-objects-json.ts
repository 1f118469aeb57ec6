import type { EndpointSlice, ObjectReference, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { clusterLabelValue, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import { familyOf } from '../../model/slice-address.ts';
import { present } from './present.ts';
import { underCluster } from './shown-identity.ts';

// The kinds of Kubernetes itself without apiVersion, kind and metadata. `cluster` is what stands in front of names,
// undefined = nothing.

export function serviceJson(service: Service, cluster: string | undefined): JsonObject {
  const selector = shownSelector(service, cluster);
  return {
    spec: {
      ports: present(service.ports.map(servicePortJson)),
      selector: selector.length === 0 ? undefined : Object.fromEntries(selector),
      clusterIP: service.clusterIPs[0],
      clusterIPs: present(service.clusterIPs),
      type: service.type,
      sessionAffinity: service.sessionAffinity,
      externalName: present(service.externalName),
      publishNotReadyAddresses: service.publishNotReadyAddresses || undefined,
      ipFamilies: present(ipFamilies(service)),
    },
    status: { loadBalancer: {} },
  };
}

/**
 * `spec.selector`. In the merged view with the label of the cluster as one more condition: it then selects the
 * WorkloadEndpoints of its own cluster alone, and no local pod.
 */
export function shownSelector(
  { selector }: Service,
  cluster: string | undefined,
): readonly (readonly [string, string])[] {
  const pairs = [...selector.entries()];
  if (cluster === undefined || pairs.length === 0) return pairs;
  const others = pairs.filter(([key]) => key !== REMOTE_CLUSTER_LABEL);
  return [...others, [REMOTE_CLUSTER_LABEL, clusterLabelValue(cluster)]];
}

/** `spec.ipFamilies` is not kept; it follows from the addresses, where there are any. */
export function ipFamilies({ clusterIPs }: Service): readonly string[] {
  return clusterIPs.includes('None') ? [] : clusterIPs.map(familyOf);
}

/** A number, or the name of a port; the service's own port where nothing was said, as the API server fills it in. */
export function shownTargetPort({ targetPort, port }: ServicePort): string | number {
  if (targetPort === '') return port;
  return /^\d{1,5}$/.test(targetPort) ? Number(targetPort) : targetPort;
}

function servicePortJson(port: ServicePort): JsonObject {
  return {
    name: present(port.name),
    protocol: port.protocol,
    appProtocol: present(port.appProtocol),
    port: port.port,
    targetPort: shownTargetPort(port),
  };
}

export function endpointSliceJson(slice: EndpointSlice, cluster: string | undefined): JsonObject {
  return {
    addressType: slice.addressType,
    endpoints: slice.endpoints.map((endpoint) => endpointJson(endpoint, cluster)),
    ports: slice.ports.map(slicePortJson),
  };
}

/** In the merged view node and target get the cluster in front: kube-proxy would take an equal local node for its own. */
function endpointJson(endpoint: SliceEndpoint, cluster: string | undefined): JsonObject {
  const { addresses, ready, serving, terminating, hostname, nodeName, zone, targetRef } = endpoint;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    hostname: present(hostname),
    targetRef: targetRef && referenceJson(targetRef, cluster),
    nodeName: present(underCluster(cluster, nodeName)),
    zone: present(zone),
  };
}

function referenceJson(target: ObjectReference, cluster: string | undefined): JsonObject {
  return {
    kind: present(target.kind),
    namespace: present(target.namespace),
    name: present(underCluster(cluster, target.name)),
    uid: present(target.uid),
  };
}

function slicePortJson({ name, protocol, port, appProtocol }: SlicePort): JsonObject {
  return { name, protocol, port, appProtocol: present(appProtocol) };
}

/** Only that it is in use is known of it. */
export function namespaceJson(): JsonObject {
  return { spec: {}, status: { phase: 'Active' } };
}
