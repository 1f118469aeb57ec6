import { type Rank, RANKS } from '../../model/edit-rank.ts';

export interface Queued {
  /** When it began to wait, in milliseconds of a clock that never goes back. Fixed while it is in the queue. */
  readonly since: number;
}

/**
 * Who is next: the more urgent rank, within it who waits longest. Each rank is worth `agingMs` of waiting, so that nobody waits
 * for ever: what waited so much longer goes before the rank above. Within `agingMs` the order of ranks is strict.
 */
export class RankQueue<T extends Queued> {
  readonly #agingMs: number;
  readonly #ranks = new Map<T, Rank>();
  /** Each sorted by `since`; equal ones in the order they came. */
  readonly #lanes: Readonly<Record<Rank, T[]>> = { withdraw: [], 'not-ready': [], add: [], cosmetic: [] };

  constructor(agingMs: number) {
    this.#agingMs = agingMs;
  }

  get size(): number {
    return this.#ranks.size;
  }

  /** Puts it in, or moves it. */
  set(item: T, rank: Rank): void {
    if (this.#ranks.get(item) === rank) return;
    this.delete(item);
    this.#ranks.set(item, rank);
    const lane = this.#lanes[rank];
    lane.splice(
      countUntil(lane, (other) => other.since > item.since),
      0,
      item,
    );
  }

  delete(item: T): void {
    const rank = this.#ranks.get(item);
    if (rank === undefined) return;
    this.#ranks.delete(item);
    const lane = this.#lanes[rank];
    const from = countUntil(lane, (other) => other.since >= item.since);
    lane.splice(lane.indexOf(item, from), 1);
  }

  /** undefined = it is not queued. */
  rankOf(item: T): Rank | undefined {
    return this.#ranks.get(item);
  }

  first(): T | undefined {
    let best: T | undefined;
    let bestDue = Infinity;
    for (const [i, rank] of RANKS.entries()) {
      const head = this.#lanes[rank][0];
      if (head === undefined) continue;
      const due = head.since + i * this.#agingMs;
      if (due >= bestDue) continue;
      best = head;
      bestDue = due;
    }
    return best;
  }

  lengths(): Record<Rank, number> {
    const { withdraw, 'not-ready': notReady, add, cosmetic } = this.#lanes;
    return {
      withdraw: withdraw.length,
      'not-ready': notReady.length,
      add: add.length,
      cosmetic: cosmetic.length,
    };
  }

  /** Since when the one waits that waits longest. */
  oldest(): number | undefined {
    const heads = RANKS.flatMap((rank) => this.#lanes[rank].slice(0, 1));
    return heads.length === 0 ? undefined : Math.min(...heads.map(({ since }) => since));
  }
}

/** How many items stand before the first that is `past`. */
function countUntil<T>(sorted: readonly T[], past: (item: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && past(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
