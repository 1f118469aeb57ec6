import type { LocalApi, WriteProblem } from '../../contract/local-api.ts';
import type { WriteGate } from '../../contract/write-gate.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Rank } from '../../model/edit-rank.ts';
import type { Work, WorkDescription } from './work.ts';
import type { LastWrite } from './write-record.ts';

/** What happens, as it happens. None of them may throw or block. */
export interface WriterObserver {
  /** `seenAt`: when the change that led to it was seen first; undefined = none was told. */
  accepted?(write: {
    readonly key: string;
    readonly work: WorkDescription;
    readonly seenAt: number | undefined;
  }): void;
  /** A write that was not accepted and is tried again after a while. Not told: what is over by itself at once. */
  refused?(refusal: WriterRefusal): void;
  /** Dry run: writes that would be made now and were not told before. */
  planned?(plan: { readonly key: string; readonly works: readonly WorkDescription[] }): void;
}

export interface WriterRefusal {
  readonly key: string;
  /** undefined = the service could not be planned. */
  readonly work: WorkDescription | undefined;
  readonly problem: WriteProblem;
  readonly message: string;
  readonly retryInMs: number;
  /** How many attempts in a row something of this service was refused. */
  readonly attempt: number;
}

/** All times in milliseconds. */
export interface WriterTimings {
  /** A write that takes longer has failed. Default 10000. */
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** Back-off of a service. */
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** Where only a change or a long time helps: content refused, no permission, namespace being deleted. */
  readonly lateRetryMs: number;
  /** What a rank is worth in time waited. */
  readonly agingMs: number;
  /** How long writes under way may take at the end. */
  readonly drainMs: number;
}

export const writerTimings: WriterTimings = {
  writeTimeoutMs: 10_000,
  readTimeoutMs: 10_000,
  firstRetryMs: 500,
  maxRetryMs: 30_000,
  lateRetryMs: 60_000,
  agingMs: 60_000,
  drainMs: 10_000,
};

export interface WriterOptions {
  readonly api: LocalApi;
  /** Not asked in a dry run. */
  readonly gate: WriteGate;
  /**
   * Plans one service, `namespace/name`, from what is known now. None = there is nothing to write. Must not block; what it
   * throws counts as a failed write.
   */
  readonly planOf: (key: string) => readonly Work[];
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: WriterObserver;
  /** At least 1; default 16. */
  readonly maxParallelWrites?: number;
  /** Nothing is sent, not even a read. */
  readonly dryRun?: boolean;
  readonly timings?: Partial<WriterTimings>;
}

/** Services that wait for a turn. `unranked`: marked, and how urgent they are is not known yet. */
export type QueueLengths = Readonly<Record<Rank | 'unranked', number>>;

/** Where a service stands, with its last write. Times in milliseconds since the epoch. */
export interface ServiceState {
  /** `idle`: nothing to do. `waiting`: something was refused and is tried again at `until`. */
  readonly state: 'idle' | 'queued' | 'busy' | 'waiting';
  /** Of a queued service; undefined = not known yet. */
  readonly rank: Rank | undefined;
  /** Since when it is not idle. */
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly problem: WriteProblem | undefined;
  readonly message: string | undefined;
  readonly lastWrite: LastWrite | undefined;
}
