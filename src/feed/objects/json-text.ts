import type { FeedObject, FeedView } from '../feed-object.ts';
import { objectJson } from './object-json.ts';
import { workloadEndpointText } from './workload-endpoint-text.ts';

/** JSON.stringify of `objectJson`. */
export function jsonText(object: FeedObject, view: FeedView, resourceVersion: string): string {
  const { content } = object;
  if (content.kind === 'WorkloadEndpoint') {
    return workloadEndpointText(object, content, { view, resourceVersion });
  }
  return JSON.stringify(objectJson(object, view, resourceVersion));
}
