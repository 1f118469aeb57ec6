import type { LabelSet } from './label-set.ts';
import type { ObjectMeta } from './object-meta.ts';
import type { EndpointPort, WorkloadEndpoint, WorkloadEndpointId } from './workload-endpoint.ts';
import type { EndpointSlice } from './endpoint-slice.ts';
import type { Service } from './service.ts';

export interface HostEndpoint extends ObjectMeta {
  readonly kind: 'HostEndpoint';
  readonly node: string;
  /** `*` = all interfaces of the node; '' = chosen by `expectedIPs`. */
  readonly interfaceName: string;
  /** Canonical addresses without a prefix length; may be empty. */
  readonly expectedIPs: readonly string[];
  readonly labels: LabelSet;
  readonly profiles: readonly string[];
  readonly ports: readonly EndpointPort[];
}

/** Only the labels of a profile are federated, never its rules. */
export interface Profile extends ObjectMeta {
  readonly kind: 'Profile';
  readonly labelsToApply: LabelSet;
}

export interface IPPool extends ObjectMeta {
  readonly kind: 'IPPool';
  /** Canonical. */
  readonly cidr: string;
  readonly disabled: boolean;
  readonly natOutgoing: boolean;
  /** `Never`, `Always`, `CrossSubnet`; '' = not given. */
  readonly vxlanMode: string;
  readonly ipipMode: string;
}

/** Calico's cluster-wide record, always named `default`. */
export interface ClusterInformation extends ObjectMeta {
  readonly kind: 'ClusterInformation';
  readonly clusterGUID: string;
  readonly clusterType: string;
  readonly calicoVersion: string;
  /** undefined = not initialised yet. */
  readonly datastoreReady: boolean | undefined;
}

/** Every object that the index can hold. */
export type Entry =
  WorkloadEndpoint | HostEndpoint | Profile | IPPool | ClusterInformation | Service | EndpointSlice;

/** The identity of an object of a kind inside one cluster. */
export type EntryKey = WorkloadEndpointId | NamespacedName;
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}
