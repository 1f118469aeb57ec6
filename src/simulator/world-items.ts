import type { Workload } from './catalogue.ts';
import type { Item } from './table.ts';

/** Where an object stands in its cluster; UIDs and generated names follow from `serial`. */
interface WorldItemBase extends Item {
  readonly serial: number;
  /** Seconds since the epoch. */
  readonly created: number;
}

export interface NamespaceItem extends WorldItemBase {
  readonly resource: 'namespaces';
  readonly labels: Readonly<Record<string, string>>;
}

export interface ServiceAccountItem extends WorldItemBase {
  readonly resource: 'serviceaccounts';
}

export interface PodItem extends WorldItemBase {
  readonly resource: 'pods';
  readonly workload: Workload;
  /** Position among the pods of its workload: a replacement takes over the position. */
  readonly ordinal: number;
  readonly node: number;
  /** Offset in the cluster's pod network; of a host-networked pod unused. */
  readonly address: number;
  readonly phase: 'Pending' | 'Running' | 'Succeeded';
  readonly ready: boolean;
  /** A label that churn changes. */
  readonly track: 'stable' | 'canary';
}

export interface ServiceItem extends WorldItemBase {
  readonly resource: 'services';
  readonly workload: Workload;
  readonly headless: boolean;
  /** The value of `federation.tigera.io/serviceSelector`: such a service has no selector of its own, and no slices. */
  readonly federation?: string;
  /** Position in the cluster's service network. */
  readonly number: number;
}

export interface EndpointSliceItem extends WorldItemBase {
  readonly resource: 'endpointslices';
  readonly service: ServiceItem;
  readonly pods: readonly PodItem[];
}

export interface EndpointsItem extends WorldItemBase {
  readonly resource: 'endpoints';
  readonly service: ServiceItem;
  readonly pods: readonly PodItem[];
}

export interface HostEndpointItem extends WorldItemBase {
  readonly resource: 'hostendpoints';
  readonly node: number;
}

export interface IPPoolItem extends WorldItemBase {
  readonly resource: 'ippools';
}

export interface ClusterInformationItem extends WorldItemBase {
  readonly resource: 'clusterinformations';
  /** `datastoreReady` in each API group; undefined = not set. */
  readonly ready: Readonly<Record<CalicoGroup, boolean | undefined>>;
}

/** Calico's two API groups with their versions. */
export const CALICO_GROUPS = ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const;
export type CalicoGroup = (typeof CALICO_GROUPS)[number];

/** The items by resource. */
export interface WorldItems {
  namespaces: NamespaceItem;
  serviceaccounts: ServiceAccountItem;
  pods: PodItem;
  services: ServiceItem;
  endpointslices: EndpointSliceItem;
  endpoints: EndpointsItem;
  hostendpoints: HostEndpointItem;
  ippools: IPPoolItem;
  clusterinformations: ClusterInformationItem;
}
export type WorldResource = keyof WorldItems;
export type WorldItem = WorldItems[WorldResource];

/** A key of Calico's etcd datastore with the item that its value is made from. */
export interface EtcdItem extends Item {
  readonly createRevision: number;
  /** How often the key was written since it was created. */
  readonly version: number;
  readonly source: WorldItem;
}

/** The part of a key before the slash; '' for a cluster-scoped object. */
export function namespaceOf(key: string): string {
  const slash = key.indexOf('/');
  return slash < 0 ? '' : key.slice(0, slash);
}

export function nameOf(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
