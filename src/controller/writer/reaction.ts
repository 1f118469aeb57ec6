import type { WriteProblem } from '../../contract/local-api.ts';

/** What a write that was not accepted means for the next ones of its service. */
export interface Reaction {
  /**
   * `now`: it is planned again at once, some times · `soon`: after the service's back-off · `late`: only a change of the service
   * makes it come sooner · `pause`: when the writer goes on.
   */
  readonly again: 'now' | 'soon' | 'late' | 'pause';
  /** What waits: this object, or every write of the same operation, which would meet the same. */
  readonly scope: 'object' | 'operation';
  /** What we know of the object may be wrong: it is read before the next plan. */
  readonly suspect: boolean;
  /** False where it is nobody's fault and over by itself. */
  readonly reported: boolean;
}

const stale: Reaction = { again: 'now', scope: 'object', suspect: true, reported: true };
const refused: Reaction = { again: 'late', scope: 'operation', suspect: false, reported: true };

export const reactions: Readonly<Record<WriteProblem, Reaction>> = {
  conflict: stale,
  exists: stale,
  'not-found': stale,
  terminating: { ...refused, reported: false },
  invalid: { ...refused, scope: 'object' },
  throttled: { again: 'pause', scope: 'object', suspect: false, reported: false },
  forbidden: refused,
  absent: refused,
  failed: { again: 'soon', scope: 'object', suspect: true, reported: true },
};
