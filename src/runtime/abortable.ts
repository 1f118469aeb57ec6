import type { Clock } from './clock.ts';

/** Waits for shared work as long as this caller wants: rejects with the signal's reason when that comes first. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = (): void => reject(signal.reason);
  work.then(resolve, reject);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  /** What the work is rejected with when the time is over. */
  readonly exceeded: () => Error;
}

/** Runs work under a signal that aborts when `signal` does or the time is over; frees timer and listener at the end. */
export async function withDeadline<T>(
  deadline: Deadline,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const stopTimer = deadline.clock.after(deadline.ms, () => controller.abort(deadline.exceeded()));
  try {
    return await work(controller.signal);
  } finally {
    stopTimer();
    signal.removeEventListener('abort', onAbort);
  }
}
