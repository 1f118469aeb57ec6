import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import { comparePorts, portKey, portSet } from './slice-ports.ts';
import type { PortSet } from './slice-ports.ts';

/** One address as one slice gives it. */
export interface Occurrence {
  readonly endpoint: SliceEndpoint;
  readonly ready: boolean;
  readonly ports: PortSet;
}

/**
 * An address that several slices of a cluster give, expanded to its ports and grouped again, as Kubernetes packs
 * Endpoints (RepackSubsets): each port appears once, and where one slice says not ready and another ready, it is not
 * ready; else the first slice decides. Ports that are alike in readiness share a set, but for two with one name and
 * different numbers: names are unique in a slice.
 */
export function mergeOccurrences(occurrences: readonly Occurrence[]): Occurrence[] {
  const [first] = occurrences;
  if (first === undefined) return [];
  const readiness = occurrences.find((each) => !each.ready) ?? first;
  if (occurrences.every((each) => each.ports.key === first.ports.key)) return [readiness];
  const winners = winnersByPort(occurrences);
  return [true, false].flatMap((ready) => {
    const alike = winners.filter(({ occurrence }) => occurrence.ready === ready);
    const endpoint = occurrences.find((each) =>
      alike.some(({ occurrence }) => occurrence === each),
    )?.endpoint;
    if (endpoint === undefined) return [];
    return layers(alike.map(({ port }) => port)).map((ports) => ({ endpoint, ready, ports: portSet(ports) }));
  });
}

interface Winner {
  readonly port: SlicePort;
  readonly occurrence: Occurrence;
}

function winnersByPort(occurrences: readonly Occurrence[]): Winner[] {
  const winners = new Map<string, Winner>();
  for (const occurrence of occurrences) {
    for (const port of occurrence.ports.ports) {
      const key = portKey(port);
      const known = winners.get(key);
      if (known === undefined || (known.occurrence.ready && !occurrence.ready)) {
        winners.set(key, { port, occurrence });
      }
    }
  }
  return [...winners.values()];
}

/** The n-th set has the n-th number of each name that has so many. */
function layers(ports: readonly SlicePort[]): SlicePort[][] {
  const found: SlicePort[][] = [];
  const seen = new Map<string, number>();
  for (const port of [...ports].sort(comparePorts)) {
    const layer = seen.get(port.name) ?? 0;
    seen.set(port.name, layer + 1);
    const ofLayer = found[layer];
    if (ofLayer) ofLayer.push(port);
    else found.push([port]);
  }
  return found;
}
