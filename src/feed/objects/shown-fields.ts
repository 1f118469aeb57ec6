import { addressOfCidr } from '../../model/address.ts';
import type { HostEndpoint, IPPool } from '../../model/objects.ts';
import type { Service } from '../../model/service.ts';
import type { WorkloadEndpoint } from '../../model/workload-endpoint.ts';
import type { FeedObject, FeedView, RemoteClusterState } from '../feed-object.ts';
import { prefixOf, shownInterface, shownName, underCluster, withCluster } from './shown-identity.ts';
import { workloadIdentifiers } from './workload-identifiers.ts';

type Values = readonly string[];

/**
 * What a field selector compares with. A list gives each of its items, an address with a full prefix length also the bare
 * address. A field that the object does not have is the empty text, as in Kubernetes.
 */
export function fieldOf(object: FeedObject, view: FeedView, field: string): Values {
  if (field === 'metadata.name') return [shownName(object, view)];
  if (field === 'metadata.namespace') return [object.namespace];
  const { content } = object;
  const cluster = prefixOf(object, view);
  switch (content.kind) {
    case 'Service':
      return serviceField(content, field);
    case 'WorkloadEndpoint':
      return workloadField(content, cluster, field);
    case 'HostEndpoint':
      return hostField(content, cluster, field);
    case 'IPPool':
      return poolField(content, field);
    case 'RemoteCluster':
      return remoteField(content, field);
    case 'Namespace':
      return field === 'status.phase' ? ['Active'] : NONE;
    default:
      return NONE;
  }
}

const NONE: Values = [''];

function serviceField(service: Service, field: string): Values {
  if (field === 'spec.clusterIP') return [service.clusterIPs[0] ?? ''];
  return field === 'spec.type' ? [service.type] : NONE;
}

function workloadField(endpoint: WorkloadEndpoint, cluster: string | undefined, field: string): Values {
  switch (field) {
    case 'spec.node':
      return [underCluster(cluster, endpoint.node)];
    case 'spec.orchestrator':
      return [endpoint.orchestrator];
    case 'spec.workload':
      return [workloadIdentifiers(endpoint).workload];
    case 'spec.pod':
      return [workloadIdentifiers(endpoint).pod];
    case 'spec.containerID':
      return [workloadIdentifiers(endpoint).containerID];
    case 'spec.endpoint':
      return [endpoint.endpoint];
    case 'spec.serviceAccountName':
      return [endpoint.serviceAccount];
    case 'spec.interfaceName':
      return [shownInterface(endpoint)];
    case 'spec.ipNetworks':
      return each(endpoint.ipNetworks.flatMap(networkForms));
    case 'spec.profiles':
      return each(endpoint.profiles.map((name) => withCluster(cluster, name)));
    default:
      return NONE;
  }
}

function hostField(endpoint: HostEndpoint, cluster: string | undefined, field: string): Values {
  switch (field) {
    case 'spec.node':
      return [underCluster(cluster, endpoint.node)];
    case 'spec.interfaceName':
      return [endpoint.interfaceName];
    case 'spec.expectedIPs':
      return each(endpoint.expectedIPs);
    case 'spec.profiles':
      return each(endpoint.profiles.map((name) => withCluster(cluster, name)));
    default:
      return NONE;
  }
}

function poolField(pool: IPPool, field: string): Values {
  if (field === 'spec.cidr') return [pool.cidr];
  if (field === 'spec.disabled') return [String(pool.disabled)];
  return field === 'spec.natOutgoing' ? [String(pool.natOutgoing)] : NONE;
}

function remoteField({ status }: RemoteClusterState, field: string): Values {
  switch (field) {
    case 'spec.datastoreType':
      return [status.datastoreType ?? ''];
    case 'spec.overlayRoutingMode':
      return [status.overlayRoutingMode];
    case 'status.state':
      return [status.status];
    case 'status.reason':
      return [status.reason];
    case 'status.stale':
      return [String(status.stale)];
    default:
      return NONE;
  }
}

/** An empty list is a field that the object does not have. */
function each(values: Values): Values {
  return values.length === 0 ? NONE : values;
}

function networkForms(network: string): Values {
  const isAddress = network.endsWith('/32') || (network.endsWith('/128') && network.includes(':'));
  return isAddress ? [network, addressOfCidr(network)] : [network];
}
