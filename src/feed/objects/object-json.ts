import type { JsonObject } from '../../model/json-field.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { hostEndpointJson, ipPoolJson, profileJson, workloadEndpointJson } from './calico-objects-json.ts';
import { endpointSliceJson, namespaceJson, serviceJson } from './core-objects-json.ts';
import { apiVersionOf, FEED_RESOURCES } from './feed-resources.ts';
import { present } from './present.ts';
import { remoteClusterJson } from './remote-cluster-json.ts';
import { prefixOf, shownName, shownUid } from './shown-identity.ts';
import { annotationPairs, labelPairs } from './shown-labels.ts';
import { shownTime } from './shown-time.ts';

/**
 * An object as the feed shows it in a view, as plain JSON: what every other encoding is held against. A field without a value is
 * undefined, which JSON leaves out. Bounded by what it was made from: each name in it grows by at most the 253 characters of a
 * cluster's.
 */
export function objectJson(object: FeedObject, view: FeedView, resourceVersion: string): JsonObject {
  const resource = FEED_RESOURCES[object.resource];
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: metadataJson(object, view, resourceVersion),
    ...bodyJson(object, view),
  };
}

/** `metadata` of any kind. */
export function metadataJson(object: FeedObject, view: FeedView, resourceVersion: string): JsonObject {
  const labels = labelPairs(object, view);
  const annotations = annotationPairs(object, view);
  return {
    ...identityJson(object, view, resourceVersion),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
    annotations: annotations.length === 0 ? undefined : Object.fromEntries(annotations),
  };
}

/** `metadata` without labels and annotations. */
export function identityJson(object: FeedObject, view: FeedView, resourceVersion: string): JsonObject {
  return {
    name: shownName(object, view),
    namespace: present(object.namespace),
    uid: shownUid(object, view),
    resourceVersion,
    creationTimestamp: shownTime(createdOf(object)),
  };
}

/** When it was created in its cluster, in milliseconds since the epoch; 0 = unknown. */
export function createdOf({ content }: FeedObject): number {
  return content.kind === 'Namespace' ? 0 : content.created;
}

/** Everything beside apiVersion, kind and metadata; never empty. */
export function bodyJson(object: FeedObject, view: FeedView): JsonObject {
  const { content } = object;
  const cluster = prefixOf(object, view);
  switch (content.kind) {
    case 'WorkloadEndpoint':
      return workloadEndpointJson(content, cluster);
    case 'HostEndpoint':
      return hostEndpointJson(content, cluster);
    case 'Profile':
      return profileJson(content);
    case 'IPPool':
      return ipPoolJson(content);
    case 'Service':
      return serviceJson(content, cluster);
    case 'EndpointSlice':
      return endpointSliceJson(content, cluster);
    case 'RemoteCluster':
      return remoteClusterJson(content);
    case 'Namespace':
      return namespaceJson();
    case 'ClusterInformation':
      // Is of no collection of the feed.
      return { spec: {} };
  }
}
