import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedPlural } from '../feed-resource.ts';

/** Whether a view shows the object at all. */
export function isInView(object: FeedObject, view: FeedView): boolean {
  if (view.view === 'cluster') return object.cluster === view.cluster;
  return object.resource !== 'namespaces' || object.cluster === '';
}

/**
 * Whether a view shows all objects of a collection. The namespaces of the merged view are objects of their own, beside those of each
 * cluster.
 */
export function showsEverything(resource: FeedPlural, view: FeedView): boolean {
  return view.view === 'merged' && resource !== 'namespaces';
}
