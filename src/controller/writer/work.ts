import type { LocalApi, WriteOptions } from '../../contract/local-api.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Rank } from '../../model/edit-rank.ts';

export type WorkOp = 'create' | 'update' | 'delete';

/** What one write does, for people, counts and logs. */
export interface WorkDescription {
  /** Kind of the object: `EndpointSlice`, `Endpoints`. */
  readonly kind: string;
  readonly op: WorkOp;
  readonly rank: Rank;
  readonly phase: 1 | 2;
  readonly namespace: string;
  /** Of the object that is written. */
  readonly name: string;
  /** Absent where the object holds endpoints of several clusters. */
  readonly cluster?: SourceCluster;
  /** How many endpoints the object has after the write. */
  readonly endpoints: number;
}

/**
 * One write of one object that was planned for a service. A service's plan holds at most one per object and phase. Phase 2 takes
 * away what phase 1 has put elsewhere.
 */
export interface Work {
  readonly rank: Rank;
  readonly phase: 1 | 2;
  describe(): WorkDescription;
  /** What would be written, as text: equal where the same write is planned again. */
  digest(): string;
  /**
   * Writes with a precondition, and tells the keeper of the planned-from state what was accepted before it resolves. Rejects
   * with WriteError. Removing what is not there any more is accepted.
   */
  run(api: LocalApi, options: WriteOptions): Promise<void>;
  /** Reads the object as it is now and tells the keeper, before it resolves. Rejects with DatastoreError. */
  refresh(api: LocalApi, signal: AbortSignal): Promise<void>;
}

/** The object of a work, to compare by: `EndpointSlice shop/web-0a1b2c3d4e-1`. */
export function targetOf({ kind, namespace, name }: WorkDescription): string {
  return `${kind} ${namespace}/${name}`;
}
