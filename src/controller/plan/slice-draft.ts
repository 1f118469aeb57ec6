import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { DesiredPart, DesiredService } from './desired-service.ts';
import { health, sameEndpoint } from './endpoint-content.ts';
import { sameSet } from './set-key.ts';

/** One slice on the way from what it holds to what it shall hold. */
export class SliceDraft {
  readonly slice: OwnedSlice;
  /** What it is for; undefined = nothing, it goes. */
  readonly part: DesiredPart | undefined;
  /** Whether consumers find it, by its service label. */
  readonly visible: boolean;
  /** Its endpoints, each with one address: somebody else may have written more than one, or none. */
  readonly now: readonly SliceEndpoint[];
  /** For each of `now` what takes its place; undefined = it leaves. */
  readonly stays: (SliceEndpoint | undefined)[];
  /** What comes in. */
  readonly added: SliceEndpoint[] = [];
  /** Positions in `now` that leave, but only when they are in another slice: in phase 2. */
  readonly lingering: Set<number> = new Set();
  /** Whether it must be written whatever its endpoints are. */
  readonly spoilt: boolean;
  #staying = 0;

  constructor(slice: OwnedSlice, part: DesiredPart | undefined, desired: DesiredService) {
    this.slice = slice;
    this.part = part;
    this.visible = slice.service === desired.name && slice.family !== 'FQDN';
    this.now = singleAddressed(slice.endpoints);
    this.stays = Array.from({ length: this.now.length });
    this.spoilt =
      !slice.intact ||
      slice.service !== desired.name ||
      slice.ownerUid !== desired.uid ||
      this.now !== slice.endpoints ||
      (part !== undefined && !sameSet(part, slice));
  }

  /** How many of `now` stay. */
  get staying(): number {
    return this.#staying;
  }

  get size(): number {
    return this.#staying + this.added.length;
  }

  keep(at: number, endpoint: SliceEndpoint): void {
    if (this.stays[at] === undefined) this.#staying++;
    this.stays[at] = endpoint;
  }

  release(at: number): void {
    if (this.stays[at] !== undefined) this.#staying--;
    this.stays[at] = undefined;
  }

  /** How healthy consumers see what is at a position; -1 where they do not see it. */
  healthAt(at: number): number {
    const endpoint = this.now[at];
    return endpoint === undefined || !this.visible ? -1 : health(endpoint);
  }

  /** Positions that leave. */
  *leaving(): Generator<{ readonly at: number; readonly endpoint: SliceEndpoint }> {
    if (this.#staying === this.now.length) return;
    for (const [at, endpoint] of this.now.entries()) {
      if (this.stays[at] === undefined) yield { at, endpoint };
    }
  }

  /** Positions whose endpoint stays with another content. */
  *changing(): Generator<{ readonly from: SliceEndpoint; readonly to: SliceEndpoint }> {
    for (const [at, from] of this.now.entries()) {
      const to = this.stays[at];
      if (to !== undefined && !sameEndpoint(from, to)) yield { from, to };
    }
  }

  /** Whether phase 1 writes it, whatever is added. Only to be asked when it is known who lingers. */
  get isWrittenFirst(): boolean {
    if (this.spoilt || this.now.length - this.#staying > this.lingering.size) return true;
    for (const { from, to } of this.changing()) {
      // What does not change how traffic flows waits for phase 2 where that writes the slice anyway.
      if (this.lingering.size === 0 || health(from) !== health(to)) return true;
    }
    return false;
  }

  /** What it holds in the end. */
  lastEndpoints(): readonly SliceEndpoint[] {
    return [...this.stays.filter((endpoint) => endpoint !== undefined), ...this.added];
  }

  /** What it holds between the phases. */
  firstEndpoints(): readonly SliceEndpoint[] {
    const kept = this.now.flatMap((now, at) => this.stays[at] ?? (this.lingering.has(at) ? now : []));
    return [...kept, ...this.added];
  }
}

/** The same list where each endpoint has one address. */
function singleAddressed(endpoints: readonly SliceEndpoint[]): readonly SliceEndpoint[] {
  if (endpoints.every(({ addresses }) => addresses.length === 1)) return endpoints;
  return endpoints.flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({ ...endpoint, addresses: [address] })),
  );
}
