import type { Entry } from '../../model/objects.ts';
import { workloadEndpointName } from '../../model/workload-endpoint-name.ts';
import type { FeedObject } from '../feed-object.ts';
import { PLURAL_OF_KIND } from './resource-kinds.ts';

/** An object of the index as one of the feed. Throws for a kind that the feed does not show. */
export function indexedObject(cluster: string, entry: Entry, sequence: number, name?: string): FeedObject {
  const resource = PLURAL_OF_KIND[entry.kind];
  if (resource === undefined) throw new TypeError(`the feed has no collection of ${entry.kind}`);
  const own = name ?? (entry.kind === 'WorkloadEndpoint' ? workloadEndpointName(entry) : entry.name);
  return { resource, cluster, namespace: entry.namespace, name: own, sequence, content: entry };
}
