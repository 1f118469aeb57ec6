import type { FeedObject, FeedView } from '../feed-object.ts';
import { apiVersionOf, FEED_RESOURCES } from './feed-resources.ts';
import { metadataText } from './metadata-text.ts';
import { bodyJson, objectJson } from './object-json.ts';

/** JSON.stringify of `objectJson`. Where objects share their labels the text of these is made once for all. */
export function jsonText(object: FeedObject, view: FeedView, resourceVersion: string): string {
  if (object.content.kind !== 'WorkloadEndpoint') {
    return JSON.stringify(objectJson(object, view, resourceVersion));
  }
  const metadata = metadataText(object, view, resourceVersion);
  return `${WORKLOAD_ENDPOINT}${metadata},${JSON.stringify(bodyJson(object, view)).slice(1)}`;
}

const WORKLOAD_ENDPOINT = `${JSON.stringify({
  apiVersion: apiVersionOf(FEED_RESOURCES.workloadendpoints),
  kind: FEED_RESOURCES.workloadendpoints.kind,
}).slice(0, -1)},"metadata":`;
