import type { Row } from './compare.ts';

/** One goal with what was measured. */
export interface Goal {
  /** `wall vs client-go, best mode`. */
  readonly what: string;
  readonly goal: number;
  readonly measured: number;
  /** Whether more is better (a ratio) or less (a size, a pause). */
  readonly better: 'more' | 'less';
  /** `x`, `ms`, `MB`; after the numbers. */
  readonly unit: string;
}

/** What one workload gives. */
export interface Report {
  /** `S1`. */
  readonly id: string;
  readonly title: string;
  /** Data, versions and how it was run, in a sentence or two. */
  readonly setting: string;
  /** What one of `objects` is: `pod`, `event`. */
  readonly per: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** Plain sentences. */
  readonly notes: readonly string[];
}

/** Fails the reader's eye only where it should: a goal that could not be measured is not met. */
export function isMet({ goal, measured, better }: Goal): boolean {
  return better === 'more' ? measured >= goal : measured <= goal;
}

/** `a` of `rows` over `b`: how many times better `b` is. NaN where one is missing. */
export function times(
  rows: readonly Row[],
  pick: (row: Row) => number,
  [a, b]: readonly [string, string],
): number {
  const value = (name: string): number => {
    const row = rows.find((candidate) => candidate.name === name);
    return row === undefined ? Number.NaN : pick(row);
  };
  return value(a) / value(b);
}

/** A ratio that has to reach `goal`. */
export function ratio(what: string, goal: number, measured: number): Goal {
  return { what, goal, measured, better: 'more', unit: 'x' };
}

/** A value that may not exceed `goal`. */
export function limit(what: string, goal: number, measured: number, unit: string): Goal {
  return { what, goal, measured, better: 'less', unit };
}
