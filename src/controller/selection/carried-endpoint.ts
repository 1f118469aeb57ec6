import type { ObjectReference, SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';

const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
/** Names of objects are not longer; a cluster's name comes in front. */
const MAX_NAME = 253;

/**
 * An endpoint as it appears for a federated service: one address, conditions, zone and hostname carried over.
 * A remote endpoint loses its nodeName, since kube-proxy would take an equal name for a local node, and the name of its
 * targetRef gets the cluster in front. What the API server would refuse a whole slice for is left out of a remote one.
 */
export function carryEndpoint(
  cluster: SourceCluster,
  endpoint: SliceEndpoint,
  address: string,
  ready: boolean,
): SliceEndpoint {
  const addresses = endpoint.addresses.length === 1 ? endpoint.addresses : [address];
  if (cluster === null) return { ...endpoint, addresses, ready };
  const { serving, terminating, hostname, zone, targetRef } = endpoint;
  return {
    addresses,
    ready,
    serving,
    terminating,
    hostname: hostname === '' || DNS_LABEL.test(hostname) ? hostname : '',
    nodeName: '',
    zone: zone === '' || LABEL_VALUE.test(zone) ? zone : '',
    targetRef: targetRef && remoteTarget(cluster, targetRef),
  };
}

function remoteTarget(cluster: string, target: ObjectReference): ObjectReference | undefined {
  const { kind, namespace, name, uid } = target;
  const longest = Math.max(kind.length, namespace.length, name.length, uid.length);
  return longest > MAX_NAME ? undefined : { kind, namespace, name: `${cluster}/${name}`, uid };
}
