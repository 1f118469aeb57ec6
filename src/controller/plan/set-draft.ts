import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { DesiredPart, DesiredService } from './desired-service.ts';
import { addressOf } from './endpoint-content.ts';
import { SliceDraft } from './slice-draft.ts';
import type { SliceSet } from './slice-sets.ts';

/** A desired endpoint and where it stays; no draft = it must be put somewhere. */
interface Slot {
  readonly endpoint: SliceEndpoint;
  draft: SliceDraft | undefined;
  at: number;
}

interface Holder {
  readonly draft: SliceDraft;
  readonly at: number;
}

/** One set on its way: which of its endpoints stay in which slice, and which have no slice yet. */
export class SetDraft {
  readonly set: SliceSet;
  readonly part: DesiredPart;
  readonly drafts: readonly SliceDraft[];
  readonly limit: number;
  /** Contents of slices to be created. */
  readonly created: (readonly SliceEndpoint[])[] = [];
  readonly #slots = new Map<string, Slot>();

  /** Leaves each endpoint where it is, as far as the limit lets it. */
  constructor(set: SliceSet, desired: DesiredService, limit: number) {
    this.set = set;
    this.part = set.part;
    this.limit = limit;
    this.drafts = set.slices.map((slice) => new SliceDraft(slice, set.part, desired));
    for (const endpoint of set.part.endpoints) {
      this.#slots.set(addressOf(endpoint), { endpoint, draft: undefined, at: -1 });
    }
    this.#settle(this.#occupy());
    for (const draft of this.drafts) this.#cut(draft);
  }

  /** Endpoints that are in no slice yet, in the order of the part. */
  unplaced(): SliceEndpoint[] {
    const without: SliceEndpoint[] = [];
    for (const { endpoint, draft } of this.#slots.values()) if (draft === undefined) without.push(endpoint);
    return without;
  }

  /** The desired endpoint of an address, and how healthy consumers see it now in the slice where it stays; -1 = not yet. */
  find(address: string): { readonly endpoint: SliceEndpoint; readonly healthNow: number } | undefined {
    const slot = this.#slots.get(address);
    if (slot === undefined) return undefined;
    return { endpoint: slot.endpoint, healthNow: slot.draft?.healthAt(slot.at) ?? -1 };
  }

  /** Empties a slice: all that stayed there must be put elsewhere. */
  drop(draft: SliceDraft): void {
    for (let at = 0; at < draft.now.length; at++) this.#release(draft, at);
  }

  /** Gives each endpoint the slice that has it. Answers those that several slices have. */
  #occupy(): Map<Slot, Holder[]> {
    const contested = new Map<Slot, Holder[]>();
    for (const draft of this.drafts) {
      for (let at = 0; at < draft.now.length; at++) {
        const slot = this.#slots.get(addressOf(draft.now[at] as SliceEndpoint));
        if (slot === undefined || slot.draft === draft) continue;
        if (slot.draft === undefined) {
          slot.draft = draft;
          slot.at = at;
          draft.keep(at, slot.endpoint);
        } else {
          const holders = contested.get(slot) ?? [{ draft: slot.draft, at: slot.at }];
          if (!holders.some((holder) => holder.draft === draft)) holders.push({ draft, at });
          contested.set(slot, holders);
        }
      }
    }
    return contested;
  }

  /**
   * Ends a move that stopped half-way (or somebody's copy): of several slices that have an endpoint, it stays in the one that
   * holds most that nobody else has, while there is room. So a slice that was being emptied goes on being emptied.
   */
  #settle(contested: ReadonlyMap<Slot, readonly Holder[]>): void {
    if (contested.size === 0) return;
    for (const slot of contested.keys()) {
      slot.draft?.release(slot.at);
      slot.draft = undefined;
    }
    const own = new Map(this.drafts.map((draft) => [draft, draft.staying]));
    const rank = ({ draft }: Holder): readonly number[] => [own.get(draft) ?? 0, draft.now.length];
    for (const [slot, holders] of contested) {
      const open = holders.filter(({ draft }) => draft.staying < this.limit);
      const best = open.reduce<Holder | undefined>(
        (best, next) => (best === undefined || isMore(rank(next), rank(best)) ? next : best),
        undefined,
      );
      if (best === undefined) continue;
      slot.draft = best.draft;
      slot.at = best.at;
      best.draft.keep(best.at, slot.endpoint);
    }
  }

  /** Takes out what is over the limit, from the end. */
  #cut(draft: SliceDraft): void {
    for (let at = draft.now.length - 1; at >= 0 && draft.staying > this.limit; at--) this.#release(draft, at);
  }

  #release(draft: SliceDraft, at: number): void {
    const endpoint = draft.stays[at];
    if (endpoint === undefined) return;
    draft.release(at);
    const slot = this.#slots.get(addressOf(endpoint));
    if (slot !== undefined) slot.draft = undefined;
  }
}

function isMore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}
