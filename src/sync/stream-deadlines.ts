import { DatastoreError } from '../contract/datastore-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { IdleDeadline } from '../runtime/idle-deadline.ts';

/** A list that brings no object for so long is given up, however many bytes arrive: pages of slow links are far from that. */
const STALLED_LIST_MS = 600_000;

/** What ends a stream that does not go on. */
export interface StreamDeadlines {
  /** No sign of life at all. Runs from the start. */
  readonly idle: IdleDeadline;
  /** No object of a list: a peer that sends byte after byte and never an end looks alive. Started by lists. */
  readonly stall: IdleDeadline;
}

/** Runs `work` under its deadlines: a stream that misses one is aborted and becomes a Timeout. */
export async function underDeadlines<T>(
  { clock, idleMs, signal }: { readonly clock: Clock; readonly idleMs: number; readonly signal: AbortSignal },
  work: (guarded: AbortSignal, deadlines: StreamDeadlines) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const deadline = (ms: number, missing: string): IdleDeadline =>
    new IdleDeadline(clock, ms, () => {
      controller.abort(new DatastoreError('retry', 'Timeout', `${missing} for ${Math.round(ms / 1000)} s`));
    });
  const idle = deadline(idleMs, 'no sign of life');
  const stall = deadline(STALLED_LIST_MS, 'the list brought no object');
  idle.start();
  try {
    return await work(controller.signal, { idle, stall });
  } catch (error) {
    // Whatever the adapter makes of an abort: the reason of ours is the truth.
    if (controller.signal.aborted && !signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    idle.stop();
    stall.stop();
    signal.removeEventListener('abort', onAbort);
  }
}
