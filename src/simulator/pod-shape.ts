import { slot } from './template.ts';
import type { PodItem } from './world-items.ts';

/** The holes of a pod's template, by index. */
export const POD_SLOTS = {
  name: 0,
  uid: 1,
  revision: 2,
  created: 3,
  createdMessage: 4,
  node: 5,
  address: 6,
  hostAddress: 7,
  container: 8,
  address6: 9,
  workloadEndpoint: 10,
  interface: 11,
} as const;

/** The holes as texts. */
export const at = {
  name: slot(POD_SLOTS.name),
  uid: slot(POD_SLOTS.uid),
  revision: slot(POD_SLOTS.revision),
  created: slot(POD_SLOTS.created),
  node: slot(POD_SLOTS.node),
  address: slot(POD_SLOTS.address),
  hostAddress: slot(POD_SLOTS.hostAddress),
  container: slot(POD_SLOTS.container),
  address6: slot(POD_SLOTS.address6),
};

/** The state of a pod that its object's shape depends on. */
export type PodShape = Pick<PodItem, 'workload' | 'phase' | 'ready' | 'track'> & { readonly ipv6: boolean };

/** The pod's own labels. */
export function podLabels(shape: Pick<PodShape, 'workload' | 'track'>): Record<string, string> {
  return { ...shape.workload.labels, track: shape.track };
}
