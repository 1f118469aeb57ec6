import type { EndpointSlice, SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { MANAGED_BY_LABEL } from '../../model/federation.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { DesiredService } from '../plan/desired-service.ts';
import type { Edit } from '../plan/edit.ts';
import { originsOf, parseOrigins } from './address-origin.ts';
import { ENDPOINTS_CAPACITY } from './capacity.ts';
import { anyOfHeld } from './held-clusters.ts';
import type { EndpointsSubset, OwnedEndpoints } from './owned-endpoints.ts';
import { targetKey } from './served-targets.ts';

/** `managed-by` of the slices that Kubernetes mirrors from Endpoints objects. */
export const MIRRORING_CONTROLLER = 'endpointslicemirroring-controller.k8s.io';

/**
 * Whether no traffic is lost when an Endpoints object is not mirrored any more: each ready address on each port is in a
 * slice of ours, or nobody wants it any more: it is not desired, and no cluster that can have given it is held.
 */
export function servedBySlices(
  endpoints: OwnedEndpoints,
  slices: readonly OwnedSlice[],
  desired: DesiredService,
  anyHeld: boolean,
): boolean {
  const served = new Set<string>();
  for (const slice of slices) if (!slice.deleting) addTargets(served, slice);
  const wanted = new Set<string>();
  for (const part of desired.parts) addTargets(wanted, part);
  const origins = parseOrigins(endpoints.origins);
  const held = { isHeld: desired.isHeld, anyHeld };
  return endpoints.subsets.every(({ addresses, ports }) =>
    addresses.every((address) => {
      const offered = ports.length === 0 ? [undefined] : ports;
      const missing = offered.map((port) => targetKey(address.ip, port)).filter((key) => !served.has(key));
      if (missing.length === 0) return true;
      return !missing.some((key) => wanted.has(key)) && !anyOfHeld(originsOf(address, origins), held);
    }),
  );
}

/**
 * The deletions of our slices in `endpoints` mode. While the service is federated they wait until the Endpoints object
 * is mirrored: then its slices serve. `slices`: those of the service in the local cluster, of all owners.
 */
export function slicesToRetire(
  owned: readonly OwnedSlice[],
  endpoints: OwnedEndpoints | undefined,
  slices: readonly EndpointSlice[],
  isFederated: boolean,
): Edit[] {
  const present = owned.filter((slice) => !slice.deleting);
  if (!isFederated) return present.map((of) => ({ op: 'delete', phase: 1, rank: 'withdraw', of }));
  if (endpoints?.selector === undefined || !isMirrored(endpoints, slices)) return [];
  return present.map((of) => ({ op: 'delete', phase: 2, rank: 'cosmetic', of }));
}

/** Whether the mirrored slices hold all ready addresses of an Endpoints object, as far as one object is mirrored. */
function isMirrored(endpoints: OwnedEndpoints, slices: readonly EndpointSlice[]): boolean {
  const served = new Set<string>();
  for (const slice of slices) {
    if (slice.labels.get(MANAGED_BY_LABEL) === MIRRORING_CONTROLLER) addTargets(served, slice);
  }
  return endpoints.subsets.every((subset) => isSubsetServed(subset, served));
}

function isSubsetServed({ addresses, ports }: EndpointsSubset, served: ReadonlySet<string>): boolean {
  const offered = ports.length === 0 ? [undefined] : ports;
  return offered.every((port) => {
    const there = addresses.filter(({ ip }) => served.has(targetKey(ip, port))).length;
    return there >= Math.min(addresses.length, ENDPOINTS_CAPACITY);
  });
}

interface TargetSlice {
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

function addTargets(served: Set<string>, { ports, endpoints }: TargetSlice): void {
  const offered = ports.length === 0 ? [undefined] : ports;
  for (const { addresses, ready } of endpoints) {
    if (ready === false) continue;
    for (const ip of addresses) for (const port of offered) served.add(targetKey(ip, port));
  }
}
