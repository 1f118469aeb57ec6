import type { SliceEndpoint, SlicePort } from '../../model/endpoint-slice.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { DesiredPart, DesiredService } from './desired-service.ts';
import { addressOf, health } from './endpoint-content.ts';
import type { Rank } from '../../model/edit-rank.ts';
import { hasNamesake, hasPort, servedPorts } from './served-port.ts';
import type { SetDraft } from './set-draft.ts';

/** An address under ports. */
interface Place {
  readonly ports: readonly SlicePort[];
  /** How healthy consumers see it there in the end. */
  readonly health: number;
  /** The same now; -1 = they do not see it there yet. */
  readonly healthNow: number;
}

export interface Scene {
  readonly desired: DesiredService;
  /** All slices that count, but for those of settled sets. */
  readonly live: readonly OwnedSlice[];
  /** Those of them that no edit may touch. */
  readonly held: readonly OwnedSlice[];
  readonly drafts: readonly SetDraft[];
  /** Parts whose slices are as they shall be. */
  readonly settled: readonly DesiredPart[];
}

/**
 * Where else in the service an address is served now and wanted in the end: tells a move from a withdrawal. An address is looked
 * for only after it was asked for by `seek…`, because a plan that moves nothing must not cost a pass over everything.
 */
export class Whereabouts {
  readonly #scene: Scene;
  readonly #served = new Map<string, Place[]>();
  readonly #wanted = new Map<string, Place[]>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  seekServed(entering: readonly SliceEndpoint[]): void {
    const fresh = unknown(entering, this.#served);
    if (fresh.size === 0) return;
    collectServed(this.#visible(this.#scene.live), fresh);
    collectSettled(this.#scene.settled, fresh);
    for (const [address, places] of fresh) this.#served.set(address, places);
  }

  seekWanted(leaving: readonly SliceEndpoint[]): void {
    const fresh = unknown(leaving, this.#wanted);
    if (fresh.size === 0) return;
    collectServed(this.#visible(this.#scene.held), fresh);
    collectSettled(this.#scene.settled, fresh);
    for (const [address, places] of fresh) this.#wanted.set(address, places);
  }

  /**
   * Whether an endpoint that leaves a slice with these ports must linger there until it is somewhere else. By port name, not by
   * number: where a Service's port moves to another number, its traffic must not meet a moment without any endpoint either.
   */
  mustLinger(endpoint: SliceEndpoint, ports: readonly SlicePort[]): boolean {
    const level = health(endpoint);
    const places = this.#wantedAt(addressOf(endpoint));
    if (places.length === 0) return false;
    return servedPorts(ports).some((port) => {
      const exact = places.filter((place) => hasPort(place.ports, port));
      const next = exact.length > 0 ? exact : places.filter((place) => hasNamesake(place.ports, port));
      // Nobody lingers as ready who shall not be ready any more.
      const healthy = next.filter((place) => place.health >= level);
      return healthy.length > 0 && !healthy.some((place) => place.healthNow >= level);
    });
  }

  rankOfLeaving(endpoint: SliceEndpoint, ports: readonly SlicePort[]): Rank {
    const best = worstPort(this.#wantedAt(addressOf(endpoint)), ports, (place) => place.health);
    if (best < 0) return 'withdraw';
    return best < health(endpoint) ? 'not-ready' : 'cosmetic';
  }

  rankOfEntering(endpoint: SliceEndpoint, ports: readonly SlicePort[]): Rank {
    const best = worstPort(this.#served.get(addressOf(endpoint)) ?? [], ports, (place) => place.healthNow);
    if (best < health(endpoint)) return 'add';
    return best > health(endpoint) ? 'not-ready' : 'cosmetic';
  }

  #wantedAt(address: string): readonly Place[] {
    const places = [...(this.#wanted.get(address) ?? [])];
    for (const draft of this.#scene.drafts) {
      const found = draft.find(address);
      if (found === undefined) continue;
      const { endpoint, healthNow } = found;
      places.push({ ports: draft.part.ports, health: health(endpoint), healthNow });
    }
    return places;
  }

  #visible(slices: readonly OwnedSlice[]): readonly OwnedSlice[] {
    const { name } = this.#scene.desired;
    return slices.filter(({ service, family }) => service === name && family !== 'FQDN');
  }
}

/** Over all ports the worst of the best places; -1 = one port is nowhere. */
function worstPort(
  places: readonly Place[],
  ports: readonly SlicePort[],
  of: (place: Place) => number,
): number {
  const bests = servedPorts(ports).map((port) =>
    places.reduce((best, place) => (hasPort(place.ports, port) ? Math.max(best, of(place)) : best), -1),
  );
  return Math.min(...bests);
}

function unknown(
  endpoints: readonly SliceEndpoint[],
  known: ReadonlyMap<string, unknown>,
): Map<string, Place[]> {
  const fresh = new Map<string, Place[]>();
  for (const endpoint of endpoints) {
    const address = addressOf(endpoint);
    if (!known.has(address)) fresh.set(address, []);
  }
  return fresh;
}

function collectServed(slices: readonly OwnedSlice[], sought: ReadonlyMap<string, Place[]>): void {
  for (const { endpoints, ports } of slices) {
    for (const endpoint of endpoints) {
      for (const address of endpoint.addresses) {
        const places = sought.get(address);
        if (places === undefined) continue;
        const level = health(endpoint);
        places.push({ ports, health: level, healthNow: level });
      }
    }
  }
}

/** What a settled part wants is served. Parts are sorted: to look for a few addresses costs less than a pass over everything. */
function collectSettled(parts: readonly DesiredPart[], sought: ReadonlyMap<string, Place[]>): void {
  for (const { ports, endpoints } of parts) {
    for (const [address, places] of sought) {
      const endpoint = findSorted(endpoints, address);
      if (endpoint === undefined) continue;
      const level = health(endpoint);
      places.push({ ports, health: level, healthNow: level });
    }
  }
}

function findSorted(endpoints: readonly SliceEndpoint[], address: string): SliceEndpoint | undefined {
  let low = 0;
  let high = endpoints.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const endpoint = endpoints[middle] as SliceEndpoint;
    const here = addressOf(endpoint);
    if (here === address) return endpoint;
    if (here < address) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
