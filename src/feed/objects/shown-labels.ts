import { SERVICE_NAME_LABEL } from '../../model/endpoint-slice-json.ts';
import { clusterLabelValue, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import { LabelSet } from '../../model/label-set.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { prefixOf, withCluster } from './shown-identity.ts';

/** Annotation of the merged view: the name that the object has in its own cluster. */
const ORIGINAL_NAME_ANNOTATION = 'fedsyncd.io/name';
const NAMESPACE_NAME_LABEL = 'kubernetes.io/metadata.name';

type Pairs = [string, string][];

/** The labels that an object has in its own cluster, whatever they claim. */
export function ownLabels({ content }: FeedObject): LabelSet {
  switch (content.kind) {
    case 'WorkloadEndpoint':
    case 'HostEndpoint':
    case 'Service':
    case 'EndpointSlice':
      return content.labels;
    case 'Namespace':
      return LabelSet.of([[NAMESPACE_NAME_LABEL, content.name]]);
    default:
      return LabelSet.empty;
  }
}

/**
 * `metadata.labels` as pairs, the cluster last. What a remote cluster says under the key of the cluster's name is dropped, so
 * that nothing passes for another cluster's.
 */
export function labelPairs(object: FeedObject, view: FeedView): Pairs {
  const cluster = prefixOf(object, view);
  const pairs = withoutCluster(ownLabels(object));
  if (cluster === undefined) return pairs;
  for (const pair of pairs) pair[1] = shownLabel(cluster, object, pair);
  pairs.push([REMOTE_CLUSTER_LABEL, clusterLabelValue(cluster)]);
  return pairs;
}

/** `metadata.labels`. */
export function labelsOf(object: FeedObject, view: FeedView): LabelSet {
  const own = ownLabels(object);
  const isOwn = prefixOf(object, view) === undefined && !own.has(REMOTE_CLUSTER_LABEL);
  return isOwn ? own : LabelSet.of(labelPairs(object, view));
}

/** One of `labelsOf`, without building them: for selectors. */
export function labelOf(object: FeedObject, view: FeedView, key: string): string | undefined {
  const cluster = prefixOf(object, view);
  if (key === REMOTE_CLUSTER_LABEL) return cluster === undefined ? undefined : clusterLabelValue(cluster);
  const value = ownLabels(object).get(key);
  return value === undefined || cluster === undefined ? value : shownLabel(cluster, object, [key, value]);
}

/** `metadata.annotations` as pairs. In the merged view with the original name, and the cluster's where a label cannot hold it. */
export function annotationPairs(object: FeedObject, view: FeedView): Pairs {
  const pairs = ownAnnotations(object);
  const cluster = prefixOf(object, view);
  if (cluster === undefined) return pairs;
  pairs.push([ORIGINAL_NAME_ANNOTATION, object.name]);
  if (clusterLabelValue(cluster) !== cluster) pairs.push([REMOTE_CLUSTER_LABEL, cluster]);
  return pairs;
}

function ownAnnotations({ content }: FeedObject): Pairs {
  if (content.kind !== 'Service') return [];
  return withoutCluster(content.annotations).filter(([key]) => key !== ORIGINAL_NAME_ANNOTATION);
}

/** Labels, annotations or the labels of a profile, without the cluster that they claim. */
export function withoutCluster(set: LabelSet): Pairs {
  const pairs: Pairs = [];
  for (const pair of set.entries()) if (pair[0] !== REMOTE_CLUSTER_LABEL) pairs.push(pair);
  return pairs;
}

/** A slice names its service by a label: the merged name, so that the two still belong together. */
function shownLabel(cluster: string, { content }: FeedObject, [key, value]: [string, string]): string {
  const isReference = content.kind === 'EndpointSlice' && key === SERVICE_NAME_LABEL && value !== '';
  return isReference ? withCluster(cluster, value) : value;
}
