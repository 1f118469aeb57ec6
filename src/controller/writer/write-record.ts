import type { WriteProblem } from '../../contract/local-api.ts';
import type { WorkDescription, WorkOp } from './work.ts';

export type WriteResult = 'accepted' | 'dry-run' | WriteProblem;

export interface WriteCount {
  readonly kind: string;
  readonly op: WorkOp;
  readonly result: WriteResult;
  readonly count: number;
}

export interface LastWrite {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Of the marks that led to it, the first; undefined = none said. */
  readonly cause: string | undefined;
  readonly work: WorkDescription;
}

/** Services whose last write is remembered; beyond it the one whose write is longest ago is forgotten. */
const REMEMBERED = 10_000;

/** What was written so far. */
export class WriteRecord {
  readonly #counts = new Map<string, WriteCount>();
  readonly #last = new Map<string, LastWrite>();

  count({ kind, op }: WorkDescription, result: WriteResult): void {
    const key = `${kind} ${op} ${result}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { kind, op, result, count });
  }

  accepted(key: string, last: LastWrite): void {
    this.count(last.work, 'accepted');
    this.#last.delete(key);
    this.#last.set(key, last);
    if (this.#last.size <= REMEMBERED) return;
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest);
      return;
    }
  }

  counts(): readonly WriteCount[] {
    return [...this.#counts.values()];
  }

  last(key: string): LastWrite | undefined {
    return this.#last.get(key);
  }
}
