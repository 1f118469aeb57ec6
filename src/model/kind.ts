/** The kinds of object that the merged index holds. */
export const KINDS = [
  'WorkloadEndpoint',
  'HostEndpoint',
  'Profile',
  'IPPool',
  'ClusterInformation',
  'Service',
  'EndpointSlice',
] as const;
export type Kind = (typeof KINDS)[number];

/**
 * What a reflector lists and watches. Mostly one per kind; with a Kubernetes datastore profiles come from two
 * independent streams (namespaces and service accounts), each complete only for its own part.
 */
export const RESOURCES = [
  'workloadendpoints',
  'hostendpoints',
  'profiles',
  'profiles.namespaces',
  'profiles.serviceaccounts',
  'ippools',
  'clusterinformations',
  'services',
  'endpointslices',
] as const;
export type Resource = (typeof RESOURCES)[number];

export const KIND_OF: Readonly<Record<Resource, Kind>> = {
  workloadendpoints: 'WorkloadEndpoint',
  hostendpoints: 'HostEndpoint',
  profiles: 'Profile',
  'profiles.namespaces': 'Profile',
  'profiles.serviceaccounts': 'Profile',
  ippools: 'IPPool',
  clusterinformations: 'ClusterInformation',
  services: 'Service',
  endpointslices: 'EndpointSlice',
};
