import { clusterLabelValue, REMOTE_CLUSTER_LABEL } from '../../model/federation.ts';
import type { LabelSet } from '../../model/label-set.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import { identityJson } from './object-json.ts';
import { prefixOf } from './shown-identity.ts';
import { annotationPairs, ownLabels, withoutCluster } from './shown-labels.ts';

type Pairs = readonly (readonly [string, string])[];

/**
 * JSON.stringify of `metadataJson`, for kinds of which many objects share one set of labels: the pods of one owner do in the
 * index, and writing labels is a third of the work. (For others it would only fill the map.)
 */
export function metadataText(object: FeedObject, view: FeedView, resourceVersion: string): string {
  const identity = JSON.stringify(identityJson(object, view, resourceVersion)).slice(0, -1);
  const labels = labelText(object, view);
  const annotations = memberText(annotationPairs(object, view));
  return (
    identity +
    (labels === '' ? '' : `,"labels":{${labels}}`) +
    (annotations === '' ? '}' : `,"annotations":{${annotations}}}`)
  );
}

const known = new WeakMap<LabelSet, string>();

function labelText(object: FeedObject, view: FeedView): string {
  const labels = ownLabels(object);
  let own = known.get(labels);
  if (own === undefined) {
    own = memberText(withoutCluster(labels));
    known.set(labels, own);
  }
  const cluster = prefixOf(object, view);
  if (cluster === undefined) return own;
  const label = memberText([[REMOTE_CLUSTER_LABEL, clusterLabelValue(cluster)]]);
  return own === '' ? label : `${own},${label}`;
}

/** The members of an object, `"a":"b","c":"d"`. */
function memberText(pairs: Pairs): string {
  const [first] = pairs;
  if (first === undefined) return '';
  if (pairs.length === 1) return `${JSON.stringify(first[0])}:${JSON.stringify(first[1])}`;
  return JSON.stringify(Object.fromEntries(pairs)).slice(1, -1);
}
