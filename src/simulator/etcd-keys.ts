import { isEndpoint, profileNameOf, workloadEndpointNameOf } from './calico-objects.ts';
import { namespaceOf } from './world-items.ts';
import type { WorldItem } from './world-items.ts';

/** Where Calico keeps its v3 resources in etcd. */
export const ETCD_ROOT = '/calico/resources/v3/projectcalico.org/';

/** The etcd key of an object, or undefined where Calico has none for it. */
export function etcdKeyOf(item: WorldItem): string | undefined {
  switch (item.resource) {
    case 'pods':
      if (!isEndpoint(item)) return undefined;
      return `${ETCD_ROOT}workloadendpoints/${namespaceOf(item.key)}/${workloadEndpointNameOf(item)}`;
    case 'namespaces':
    case 'serviceaccounts':
      return `${ETCD_ROOT}profiles/${profileNameOf(item)}`;
    case 'hostendpoints':
    case 'ippools':
    case 'clusterinformations':
      return `${ETCD_ROOT}${item.resource}/${item.key}`;
    default:
      return undefined;
  }
}

/** Whether a change of the object leaves its value in etcd as it is: a WorkloadEndpoint knows no readiness. */
export function sameEtcdValue(a: WorldItem, b: WorldItem): boolean {
  if (a.resource !== 'pods' || b.resource !== 'pods') return false;
  return a.serial === b.serial && a.track === b.track && a.address === b.address && a.node === b.node;
}
