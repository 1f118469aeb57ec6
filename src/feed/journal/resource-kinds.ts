import type { Kind } from '../../model/kind.ts';
import type { FeedPlural } from '../feed-resource.ts';

/** The collections that are objects of the index. */
export type IndexedPlural = Exclude<FeedPlural, 'remoteclusters' | 'namespaces'>;

export const KIND_OF_PLURAL: Readonly<Record<IndexedPlural, Kind>> = {
  services: 'Service',
  endpointslices: 'EndpointSlice',
  workloadendpoints: 'WorkloadEndpoint',
  hostendpoints: 'HostEndpoint',
  profiles: 'Profile',
  ippools: 'IPPool',
};

/** undefined: the feed has no collection of that kind. */
export const PLURAL_OF_KIND: Readonly<Record<Kind, IndexedPlural | undefined>> = {
  Service: 'services',
  EndpointSlice: 'endpointslices',
  WorkloadEndpoint: 'workloadendpoints',
  HostEndpoint: 'hostendpoints',
  Profile: 'profiles',
  IPPool: 'ippools',
  ClusterInformation: undefined,
};

/** undefined: it is no object of the index. */
export function kindOf(resource: FeedPlural): Kind | undefined {
  return resource === 'remoteclusters' || resource === 'namespaces' ? undefined : KIND_OF_PLURAL[resource];
}
