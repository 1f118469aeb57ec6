import type { Rank } from '../../model/edit-rank.ts';

/** Why a service is to be planned. */
export interface Mark {
  /** How urgent it is, where that is known; otherwise a plan tells. */
  readonly rank?: Rank;
  /** When the change was seen first, in milliseconds since the epoch. Absent where nobody waits for it: a reconcile. */
  readonly seenAt?: number;
  /** For people: `slice prod-eu/shop/web-x2x4z changed`. */
  readonly cause?: string;
}

/** What several marks come to: the first of them, as far as time goes. */
export interface Marks {
  readonly seenAt: number | undefined;
  readonly cause: string | undefined;
}

export const noMarks: Marks = { seenAt: undefined, cause: undefined };

export function mergeMarks(earlier: Marks, later: Mark | Marks): Marks {
  const { seenAt = Infinity } = earlier;
  const first = Math.min(seenAt, later.seenAt ?? Infinity);
  return { seenAt: first === Infinity ? undefined : first, cause: earlier.cause ?? later.cause };
}
