import type { JsonObject } from '../../model/json-field.ts';
import type { HostEndpoint, IPPool, Profile } from '../../model/objects.ts';
import type { EndpointPort, Protocol, WorkloadEndpoint } from '../../model/workload-endpoint.ts';
import { present } from './present.ts';
import { shownInterface, underCluster, withCluster } from './shown-identity.ts';
import { withoutCluster } from './shown-labels.ts';
import { workloadIdentifiers } from './workload-identifiers.ts';

// Calico's kinds without apiVersion, kind and metadata, as in its API `projectcalico.org/v3`. `cluster` is what stands in
// front of names, undefined = nothing.

export function workloadEndpointJson(endpoint: WorkloadEndpoint, cluster: string | undefined): JsonObject {
  const { pod, containerID, workload } = workloadIdentifiers(endpoint);
  return {
    spec: {
      orchestrator: endpoint.orchestrator,
      workload: present(workload),
      node: underCluster(cluster, endpoint.node),
      containerID: present(containerID),
      pod: present(pod),
      endpoint: endpoint.endpoint,
      serviceAccountName: present(endpoint.serviceAccount),
      ipNetworks: endpoint.ipNetworks,
      profiles: present(profileNames(endpoint.profiles, cluster)),
      interfaceName: shownInterface(endpoint),
      ports: present(endpoint.ports.map(workloadPort)),
    },
  };
}

export function hostEndpointJson(endpoint: HostEndpoint, cluster: string | undefined): JsonObject {
  return {
    spec: {
      node: underCluster(cluster, endpoint.node),
      interfaceName: present(endpoint.interfaceName),
      expectedIPs: present(endpoint.expectedIPs),
      profiles: present(profileNames(endpoint.profiles, cluster)),
      ports: present(endpoint.ports.map(hostPort)),
    },
  };
}

/** Without rules: only the labels are federated. */
export function profileJson({ labelsToApply }: Profile): JsonObject {
  const labels = withoutCluster(labelsToApply);
  return { spec: { labelsToApply: labels.length === 0 ? undefined : Object.fromEntries(labels) } };
}

export function ipPoolJson(pool: IPPool): JsonObject {
  return {
    spec: {
      cidr: pool.cidr,
      vxlanMode: present(pool.vxlanMode),
      ipipMode: present(pool.ipipMode),
      natOutgoing: pool.natOutgoing,
      disabled: pool.disabled,
    },
  };
}

function profileNames(names: readonly string[], cluster: string | undefined): readonly string[] {
  return cluster === undefined ? names : names.map((name) => withCluster(cluster, name));
}

/** Calico always writes the two fields of the host. */
export function workloadPort({ name, protocol, port, hostPort, hostIP }: EndpointPort): JsonObject {
  return { name, protocol: shownProtocol(protocol), port, hostPort, hostIP };
}

function hostPort({ name, protocol, port }: EndpointPort): JsonObject {
  return { name, protocol: shownProtocol(protocol), port };
}

/** A protocol that has no name is a number in Calico's JSON. */
function shownProtocol(protocol: Protocol): string | number {
  return /^\d{1,3}$/.test(protocol) ? Number(protocol) : protocol;
}
