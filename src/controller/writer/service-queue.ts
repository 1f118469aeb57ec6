import { type Rank, RANKS } from '../../model/edit-rank.ts';
import { type Queued, RankQueue } from './rank-queue.ts';
import type { QueueLengths } from './writer-options.ts';

/** Services that wait for a turn. Where it is not known how urgent one is, it must be planned to know: that comes first. */
export class ServiceQueue<T extends Queued> {
  readonly #ranked: RankQueue<T>;
  readonly #unranked = new Set<T>();

  constructor(agingMs: number) {
    this.#ranked = new RankQueue(agingMs);
  }

  get size(): number {
    return this.#ranked.size + this.#unranked.size;
  }

  /** Something of it changed. `rank`: how urgent the change is; undefined = not known. */
  add(item: T, rank: Rank | undefined): void {
    if (rank === undefined) {
      this.#ranked.delete(item);
      this.#unranked.add(item);
      return;
    }
    // What is not known of it may be more urgent than this, unless nothing is.
    if (this.#unranked.has(item) && rank !== RANKS[0]) return;
    const queued = this.#ranked.rankOf(item);
    this.rank(item, queued !== undefined && RANKS.indexOf(queued) < RANKS.indexOf(rank) ? queued : rank);
  }

  /** It is just as urgent as this. */
  rank(item: T, rank: Rank): void {
    this.#unranked.delete(item);
    this.#ranked.set(item, rank);
  }

  delete(item: T): void {
    this.#unranked.delete(item);
    this.#ranked.delete(item);
  }

  has(item: T): boolean {
    return this.#unranked.has(item) || this.#ranked.rankOf(item) !== undefined;
  }

  rankOf(item: T): Rank | undefined {
    return this.#ranked.rankOf(item);
  }

  unranked(): T | undefined {
    return this.#unranked.values().next().value;
  }

  /** Of those whose rank is known. */
  first(): T | undefined {
    return this.#ranked.first();
  }

  lengths(): QueueLengths {
    return { ...this.#ranked.lengths(), unranked: this.#unranked.size };
  }

  /** Since when the one waits that waits longest. */
  oldest(): number | undefined {
    let oldest = this.#ranked.oldest() ?? Infinity;
    for (const { since } of this.#unranked) oldest = Math.min(oldest, since);
    return oldest === Infinity ? undefined : oldest;
  }
}
