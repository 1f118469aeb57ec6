import type { WriteProblem } from '../../contract/local-api.ts';
import type { Backoff } from '../../runtime/backoff.ts';
import type { Refusal } from './attempt.ts';
import { Holds } from './holds.ts';
import { type Mark, type Marks, mergeMarks, noMarks } from './marks.ts';
import type { Queued } from './rank-queue.ts';
import { reactions } from './reaction.ts';
import type { ServicePlan } from './service-plan.ts';
import { targetOf, type Work } from './work.ts';

export interface Wait {
  /** On the monotonic clock. */
  readonly until: number;
  /** It cannot even be planned: a change does not make it shorter. */
  readonly whole: boolean;
  readonly cancel: () => void;
}

export interface Trouble {
  readonly problem: WriteProblem;
  readonly message: string;
}

export interface RefusalTimes {
  readonly now: number;
  /** How long the same is not tried again where only a change can help. */
  readonly lateMs: number;
}

/** So often in a row a write of an object that was not as planned from is planned again at once. */
const HASTY_RETRIES = 3;
/** So many second phases in a row without a change are a plan that never ends. */
const MAX_ROUNDS = 8;

/** A federated service that was marked, till everything of its plan was accepted. Decides; starts nothing. */
export class TrackedService implements Queued {
  readonly key: string;
  /** Since when it is to be written. */
  since: number;
  plan: ServicePlan | undefined;
  wait: Wait | undefined;
  /** One of its objects is read. */
  refreshing = false;
  /** Why its last write was not accepted. */
  trouble: Trouble | undefined;
  readonly backoff: Backoff;
  readonly holds = new Holds();
  /** By object: what is known of it may be wrong. */
  readonly #suspects = new Map<string, Work>();
  readonly #hasty = new Map<string, number>();
  #rounds = 0;
  #marks = noMarks;
  #markedAt: number | undefined;

  constructor(key: string, since: number, backoff: Backoff) {
    this.key = key;
    this.since = since;
    this.backoff = backoff;
  }

  /** It changed since it was planned. */
  get dirty(): boolean {
    return this.#markedAt !== undefined;
  }

  /** Something is under way for it. */
  get busy(): boolean {
    return this.refreshing || (this.plan?.running ?? 0) > 0;
  }

  /** What must be read before it is planned. */
  get suspect(): Work | undefined {
    return this.#suspects.values().next().value;
  }

  cleared(work: Work): void {
    this.#suspects.delete(targetOf(work.describe()));
  }

  mark(mark: Mark, now: number): void {
    this.#marks = mergeMarks(this.#marks, mark);
    this.#markedAt ??= now;
    this.#rounds = 0;
  }

  /** It counts from now: who could write till now may have done it all. */
  restart(now: number): void {
    this.since = now;
    this.#marks = { ...this.#marks, seenAt: undefined };
  }

  /** Why it is planned now. */
  take(): Marks {
    const marks = this.#marks;
    this.#marks = noMarks;
    this.#markedAt = undefined;
    return marks;
  }

  /** What the marks asked for is not done: they count for the next plan. */
  giveBack(marks: Marks): void {
    this.#marks = mergeMarks(marks, this.#marks);
  }

  accepted(work: Work): void {
    this.#hasty.delete(targetOf(work.describe()));
  }

  /** Milliseconds till it is tried again; undefined = as soon as possible. */
  refused(plan: ServicePlan, work: Work, refusal: Refusal, times: RefusalTimes): number | undefined {
    const { again, scope, suspect } = reactions[refusal.problem];
    const target = targetOf(work.describe());
    plan.flawed = true;
    if (suspect) this.#suspects.set(target, work);
    if (again === 'pause' || (again === 'now' && this.#hurry(target))) {
      plan.again = true;
      return undefined;
    }
    this.trouble = { problem: refusal.problem, message: refusal.message };
    const { now } = times;
    plan.stepMs ??= this.backoff.next();
    const soonMs = now + plan.stepMs;
    const lateMs = again === 'late' ? Math.max(soonMs, now + times.lateMs) : soonMs;
    this.holds[scope](work, { soonMs, lateMs });
    const { wakeAt } = plan;
    plan.sift(this.holds, now);
    // Nothing changed: what is left out by this waits as long as this.
    plan.wakeAt = Math.min(wakeAt, lateMs);
    return lateMs - now;
  }

  /** Its plan is over. Whether it was accepted as a whole. */
  ended(plan: ServicePlan, now: number): boolean {
    this.plan = undefined;
    const { flawed, secondPhase } = plan;
    if (flawed || secondPhase !== undefined) this.giveBack(plan.marks);
    else if (this.#markedAt !== undefined) this.since = this.#markedAt;
    this.holds.prune(now);
    if (flawed) return false;
    this.backoff.reset();
    this.#hasty.clear();
    this.trouble = undefined;
    return true;
  }

  /** Whether its second phase may be planned; false = it never comes to an end. */
  nextRound(): boolean {
    return ++this.#rounds <= MAX_ROUNDS;
  }

  #hurry(target: string): boolean {
    const times = (this.#hasty.get(target) ?? 0) + 1;
    this.#hasty.set(target, times);
    return times <= HASTY_RETRIES;
  }
}
