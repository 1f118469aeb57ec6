import type { ClusterStatus } from '../contract/cluster-status.ts';
import type { Entry } from '../model/objects.ts';
import type { FeedPlural } from './feed-resource.ts';

/** A namespace that objects of the feed are in. */
export interface SeenNamespace {
  readonly kind: 'Namespace';
  readonly name: string;
}

/** A remote cluster as `remoteclusters` shows it: what changes all the time (the age of the data) is not in it. */
export interface RemoteClusterState {
  readonly kind: 'RemoteCluster';
  readonly status: ClusterStatus;
  /** When the cluster was first seen by this process, in milliseconds since the epoch. */
  readonly created: number;
  /** Made from the name and the start of the process: stable while the cluster is configured. */
  readonly uid: string;
}

/** One object of the feed as it was after one revision. Immutable; made when it is needed, never kept for all. */
export interface FeedObject {
  readonly resource: FeedPlural;
  /** The remote cluster that it is of; '' for a namespace of the merged view. */
  readonly cluster: string;
  /** '' = cluster-scoped. */
  readonly namespace: string;
  /** In its own cluster: `workloadEndpointName` for a WorkloadEndpoint. */
  readonly name: string;
  /** The sequence number of the feed at which it got this content. */
  readonly sequence: number;
  readonly content: Entry | RemoteClusterState | SeenNamespace;
}

/** Which names and labels objects have: the merged picture, or one cluster as it is. */
export type FeedView = { readonly view: 'merged' } | { readonly view: 'cluster'; readonly cluster: string };

export const MERGED: FeedView = { view: 'merged' };
