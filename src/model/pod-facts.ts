import type { LabelSet } from './label-set.ts';

export interface PodPort {
  readonly name: string;
  /** As written in the pod; '' = TCP. */
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIP: string;
}

/** The fields of a Pod that decide its WorkloadEndpoint: what the protobuf and the JSON reader both produce. */
export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Milliseconds since the epoch; 0 = unknown. */
  readonly created: number;
  /** A deletionTimestamp is set. */
  readonly deleting: boolean;
  /** The pod's own labels as they are; readers share one instance between pods with equal labels. */
  readonly labels: LabelSet;
  /** Annotations by key; undefined = absent, which differs from ''. */
  readonly podIPAnnotation: string | undefined;
  readonly podIPsAnnotation: string | undefined;
  readonly awsPodIPsAnnotation: string | undefined;
  readonly nodeName: string;
  readonly serviceAccountName: string;
  readonly hostNetwork: boolean;
  readonly phase: string;
  readonly statusPodIP: string;
  readonly statusPodIPs: readonly string[];
  /** Of the containers, then of the init containers, in order; readers share equal lists. */
  readonly ports: readonly PodPort[];
}
