import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { DesiredPart, DesiredService } from '../plan/desired-service.ts';
import { formatOrigins, originsOf, parseOrigins } from './address-origin.ts';
import { fitCapacity } from './capacity.ts';
import type { EndpointsContent } from './endpoints-edit.ts';
import { anyOfHeld } from './held-clusters.ts';
import type { HeldClusters } from './held-clusters.ts';
import type { EndpointsAddress, EndpointsPort, OwnedEndpoints } from './owned-endpoints.ts';
import { groupPlacements, hostKey, placementsOf, subsetOf, withoutRepeatedNames } from './subset-layout.ts';
import type { Group, Placement } from './subset-layout.ts';
import { canonicalText } from './subsets-text.ts';
import { endpointsAddress, endpointsPort } from './valid-fields.ts';

export interface ContentOptions {
  /** An Endpoints object holds one family: the Service's first. */
  readonly family: 'IPv4' | 'IPv6';
  readonly capacity: number;
  readonly held: HeldClusters;
}

/** Three were enough in 20,000 random cases; what is left after five is written once more. */
const MAX_ROUNDS = 5;

export interface PlannedContent {
  readonly content: EndpointsContent;
  /** Of the content's subsets: `subsetsText`. */
  readonly text: string;
  /** Addresses beyond the capacity. */
  readonly leftOut: number;
  /** Something of the actual object was kept. */
  readonly keeps: boolean;
}

/**
 * What the Endpoints object of a federated service shall hold: the parts of the clusters whose data is complete, and of
 * all others what the actual object has of them.
 */
export function endpointsContent(
  desired: DesiredService,
  selector: string,
  actual: OwnedEndpoints | undefined,
  options: ContentOptions,
): PlannedContent {
  let planned = contentOver(desired, selector, actual, options);
  if (actual === undefined || !planned.keeps) return planned;
  // An address that several clusters share is all of theirs once it is written. Where one of them is held, another look
  // at what would be written may keep more of it; the plan is what stays the same, so that nothing is written twice.
  for (let round = 1; round < MAX_ROUNDS; round++) {
    const { content, text } = planned;
    const { subsets, origins } = content;
    planned = contentOver(desired, selector, { ...actual, subsets, origins }, options);
    if (planned.text === text && planned.content.origins === origins) break;
  }
  return planned;
}

function contentOver(
  desired: DesiredService,
  selector: string,
  actual: OwnedEndpoints | undefined,
  options: ContentOptions,
): PlannedContent {
  const { family, held, capacity } = options;
  const parts = desired.parts.filter((part) => part.family === family && !held.isHeld(part.cluster));
  const wanted = parts.flatMap((part) => [...partPlacements(part)]);
  const kept = actual === undefined ? [] : keptPlacements(actual, wanted, held);
  const fitted = fitCapacity(groupPlacements([...wanted, ...kept]).map(withoutRepeatedNames), capacity);
  // Cutting may have made two groups equal.
  const groups =
    fitted.leftOut === 0
      ? fitted.groups
      : groupPlacements(fitted.groups.flatMap(regrouped)).map(withoutRepeatedNames);
  const subsets = groups.map(subsetOf);
  const { namespace, name } = desired;
  const content = {
    namespace,
    name,
    selector,
    subsets,
    truncated: fitted.leftOut > 0,
    origins: formatOrigins(groups.flatMap((group) => group.hosts.map((placed) => placed.host))),
  };
  return { content, text: canonicalText(subsets), leftOut: fitted.leftOut, keeps: kept.length > 0 };
}

function* partPlacements(part: DesiredPart): Generator<Placement> {
  const ports = portsOf(part);
  const clusters = [part.cluster];
  for (const endpoint of part.endpoints) {
    const ready = endpoint.ready ?? true;
    if (!ready && endpoint.terminating === true) continue;
    for (const address of addressesOf(endpoint)) {
      for (const port of ports) yield { address, port, ready, kept: false, clusters };
    }
  }
}

/** A part whose ports are all unusable gives nothing; one that has none gives its addresses without ports. */
function portsOf(part: DesiredPart): readonly (EndpointsPort | undefined)[] {
  if (part.ports.length === 0) return [undefined];
  return part.ports.map(endpointsPort).filter((port) => port !== undefined);
}

function addressesOf(endpoint: SliceEndpoint): EndpointsAddress[] {
  return endpoint.addresses.map((ip) => endpointsAddress(endpoint, ip));
}

/**
 * Addresses of held clusters stay as they are. One that does not tell where it is from may be of any held cluster: it
 * stays too, unless a cluster with complete data explains it.
 */
function keptPlacements(
  actual: OwnedEndpoints,
  wanted: readonly Placement[],
  held: HeldClusters,
): Placement[] {
  if (actual.subsets.length === 0) return [];
  const origins = parseOrigins(actual.origins);
  const explained = new Set(wanted.map((placement) => hostKey(placement.address)));
  const kept: Placement[] = [];
  const all = placementsOf(actual.subsets, (address) => ({
    kept: true,
    clusters: originsOf(address, origins),
  }));
  for (const placement of all) {
    const { clusters, address } = placement;
    if (clusters.length === 0 && explained.has(hostKey(address))) continue;
    if (anyOfHeld(clusters, held)) kept.push(placement);
  }
  return kept;
}

function regrouped(group: Group): Placement[] {
  const ports = group.ports.length === 0 ? [undefined] : group.ports;
  return group.hosts.flatMap(({ host, ready }) =>
    ports.map((port) => ({
      address: host.address,
      port,
      ready,
      kept: host.kept,
      clusters: [...host.clusters],
    })),
  );
}
