import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';

/** Services with so many endpoints keep what was made of clusters that did not change; smaller ones are made anew each time. */
export const LARGE_SERVICE = 1000;

/** What one source cluster gives to a federated service in one address family with one set of ports. */
export interface DesiredPart {
  readonly cluster: SourceCluster;
  readonly family: 'IPv4' | 'IPv6';
  /** Sorted by name, protocol, number. Names are unique. Empty = all ports (a headless service without ports). */
  readonly ports: readonly SlicePort[];
  /** Each has exactly one address; unique and sorted by it. Never empty. */
  readonly endpoints: readonly SliceEndpoint[];
}

/** What the slices of one Service shall hold. Pure data: made by selection, read by plan. */
export interface DesiredService {
  readonly namespace: string;
  readonly name: string;
  /** Of the Service; its slices' owner. */
  readonly uid: string;
  /** Unique by cluster, family and port set. Empty = the service is not federated (any more): all is withdrawn. */
  readonly parts: readonly DesiredPart[];
  /** True where the part of this cluster must be left as it is: its data is not complete yet. */
  readonly isHeld: (cluster: SourceCluster) => boolean;
}
