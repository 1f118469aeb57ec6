import { RANKS, type Rank } from '../../model/edit-rank.ts';
import type { Holds } from './holds.ts';
import type { Marks } from './marks.ts';
import type { Work } from './work.ts';

/** What one plan of a service comes to while it is written. Only its first phase is: then the service is planned again. */
export class ServicePlan {
  /** Not started, most urgent first. */
  #pending: Work[];
  running = 0;
  /** Something of it was not accepted, or not sent. */
  flawed = false;
  /** It is to be planned again as soon as what runs has ended. */
  again = false;
  /** When what was not sent may be sent; Infinity = nothing waits. */
  wakeAt = Infinity;
  /** How urgent the second phase is; undefined = there is none. */
  readonly secondPhase: Rank | undefined;
  readonly marks: Marks;
  /** One for all that fails in this plan: the service's back-off grows by one step at most. */
  stepMs: number | undefined;

  constructor(works: readonly Work[], marks: Marks) {
    const sorted = works.toSorted((a, b) => RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank));
    const first = sorted.filter(({ phase }) => phase === 1);
    this.#pending = first.length > 0 ? first : sorted;
    this.secondPhase = first.length > 0 ? sorted.find(({ phase }) => phase === 2)?.rank : undefined;
    this.marks = marks;
  }

  /** Of what is started next; undefined = all was. */
  get rank(): Rank | undefined {
    return this.#pending[0]?.rank;
  }

  get over(): boolean {
    return this.running === 0 && this.#pending.length === 0;
  }

  next(): Work | undefined {
    return this.#pending.shift();
  }

  /** Leaves out what is held. */
  sift(holds: Holds, now: number): void {
    this.#pending = this.#pending.filter((work) => {
      const until = holds.until(work, now);
      if (until === 0) return true;
      this.flawed = true;
      this.wakeAt = Math.min(this.wakeAt, until);
      return false;
    });
  }

  /** Something changed: nothing of it is started any more. */
  outdate(): void {
    if (this.#pending.length > 0) this.flawed = true;
    this.#pending = [];
    this.again = true;
  }
}
