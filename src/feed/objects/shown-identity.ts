import { hash } from 'node:crypto';
import { podInterfaceName } from '../../model/interface-name.ts';
import type { WorkloadEndpoint } from '../../model/workload-endpoint.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { mergedName } from './merged-name.ts';

/**
 * The cluster whose name goes in front of names, nodes and profiles; undefined where everything is called as in its own
 * cluster: in the view of one cluster, and for what belongs to no cluster (remoteclusters, namespaces).
 */
export function prefixOf(object: FeedObject, view: FeedView): string | undefined {
  if (view.view === 'cluster') return undefined;
  const { kind } = object.content;
  return kind === 'RemoteCluster' || kind === 'Namespace' ? undefined : object.cluster;
}

/** `metadata.name`. */
export function shownName(object: FeedObject, view: FeedView): string {
  return withCluster(prefixOf(object, view), object.name);
}

/** A name that other objects refer to: of a profile or a service. */
export function withCluster(cluster: string | undefined, name: string): string {
  return cluster === undefined ? name : mergedName(cluster, name);
}

/**
 * A node, or the object that an endpoint of a slice stands for: `<cluster>/<name>`, as Calico shows remote nodes, so that no local
 * node or pod is taken for it. '' stays ''.
 */
export function underCluster(cluster: string | undefined, name: string): string {
  return cluster === undefined || name === '' ? name : `${cluster}/${name}`;
}

const UUID = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;

/**
 * `metadata.uid`. In the view of one cluster the UID that the object has there. In the merged view, and where a cluster gives
 * none that is a UUID, one that is made from cluster, kind, name and that UID: stable, other for an object that was created
 * again, and the same for no two objects whatever the clusters claim.
 */
export function shownUid(object: FeedObject, view: FeedView): string {
  const { content } = object;
  if (content.kind === 'RemoteCluster') return content.uid;
  const own = content.kind === 'Namespace' ? '' : content.uid;
  if (view.view === 'cluster' && UUID.test(own)) return own;
  const { cluster, resource, namespace, name } = object;
  return uuidOf(`${cluster}\0${resource}\0${namespace}\0${name}\0${own}`);
}

/** A UUID of version 8 (RFC 9562): the first bits of a SHA-1, which is three times as fast here as SHA-256 and enough. */
function uuidOf(text: string): string {
  const hex = hash('sha1', text, 'hex');
  const variant = VARIANT[hex.charCodeAt(16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const VARIANT = ['8', '9', 'a', 'b'];

/** The interface on the host; of a pod the name that Calico gives it with its default prefix, where the datastore does not say. */
export function shownInterface(endpoint: WorkloadEndpoint): string {
  if (endpoint.interfaceName !== '' || endpoint.orchestrator !== 'k8s') return endpoint.interfaceName;
  return podInterfaceName('cali', endpoint.namespace, endpoint.workload);
}
