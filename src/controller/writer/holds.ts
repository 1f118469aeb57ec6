import { targetOf, type Work } from './work.ts';

interface Hold {
  /** Nothing is sent before. */
  readonly soonMs: number;
  /** The same write is not sent before. */
  readonly lateMs: number;
  /** Of the write that was refused; undefined = whatever is written waits no longer than the same. */
  readonly digest: string | undefined;
}

export interface HoldTimes {
  /** When the service is planned again because it changed: not before this. */
  readonly soonMs: number;
  /** When nothing changes: not before this. */
  readonly lateMs: number;
}

/** The writes of one service that are not sent for a while, because the server refused their like. Bounded by its last plans. */
export class Holds {
  readonly #holds = new Map<string, Hold>();

  /** Of this object; a write of other content is tried sooner. */
  object(work: Work, times: HoldTimes): void {
    const digest = times.lateMs > times.soonMs ? work.digest() : undefined;
    this.#holds.set(targetOf(work.describe()), { ...times, digest });
  }

  /** Of every write of the kind and operation of this one. */
  operation(work: Work, times: HoldTimes): void {
    this.#holds.set(operationOf(work), { ...times, digest: undefined });
  }

  /** Till when the work is not sent; 0 = it may be sent now. */
  until(work: Work, now: number): number {
    const operation = this.#holds.get(operationOf(work))?.soonMs ?? 0;
    const hold = this.#holds.get(targetOf(work.describe()));
    if (hold === undefined) return operation > now ? operation : 0;
    const same = hold.digest !== undefined && now < hold.lateMs && hold.digest === work.digest();
    const until = Math.max(operation, same ? hold.lateMs : hold.soonMs);
    return until > now ? until : 0;
  }

  /** Forgets what is over. */
  prune(now: number): void {
    for (const [scope, { lateMs }] of this.#holds) if (lateMs <= now) this.#holds.delete(scope);
  }

  clear(): void {
    this.#holds.clear();
  }
}

function operationOf(work: Work): string {
  const { kind, op } = work.describe();
  return `${op} ${kind}`;
}
