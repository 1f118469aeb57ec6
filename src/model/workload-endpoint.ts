import type { LabelSet } from './label-set.ts';

/** A protocol as Calico keeps it: a name in upper case, or an IP protocol number in decimal. */
export type Protocol = string;

/** A named or host port of an endpoint (`spec.ports[]` of Calico's v3 endpoints). */
export interface EndpointPort {
  /** '' where the port has only a host port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 = none. */
  readonly hostPort: number;
  /** '' = none. */
  readonly hostIP: string;
}

/**
 * The identity of a WorkloadEndpoint inside one cluster: namespace and the four parts of its name
 * (libcalico-go/lib/names/workloadendpoint.go; see `workloadEndpointName`).
 */
export interface WorkloadEndpointId {
  readonly namespace: string;
  readonly node: string;
  /** `k8s`, `cni`, `openstack`, … */
  readonly orchestrator: string;
  /** The pod for `k8s`; container, workload or `libnetwork` for others. */
  readonly workload: string;
  readonly endpoint: string;
}

/** What is kept of a WorkloadEndpoint: short-lived on its way into the index, built again when asked for. */
export interface WorkloadEndpoint extends WorkloadEndpointId {
  readonly kind: 'WorkloadEndpoint';
  /** '' = none. */
  readonly serviceAccount: string;
  /** '' = the name that Calico derives for a pod (`podInterfaceName`); computed only when shown. */
  readonly interfaceName: string;
  /** Canonical CIDRs in the order of the source, at least one. */
  readonly ipNetworks: readonly string[];
  /** Own labels, without keys that start with `pcns.` or `pcsa.` (they cannot be spoofed). */
  readonly labels: LabelSet;
  /** Profile names in order: the first that has a label gives it. */
  readonly profiles: readonly string[];
  readonly ports: readonly EndpointPort[];
  readonly uid: string;
  /** Opaque: compare for equality only. etcd: the ModRevision in decimal. */
  readonly resourceVersion: string;
  /** Milliseconds since the epoch; 0 = unknown. */
  readonly created: number;
}
