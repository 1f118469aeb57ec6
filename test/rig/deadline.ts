import { setTimeout as delay } from 'node:timers/promises';

export interface DeadlineOptions {
  /** Milliseconds until the wait fails; 10 s unless given. */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks; 25 unless given. */
  readonly everyMs?: number;
  /** Ends the wait early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Polls `check` until its answer is neither false, undefined nor null, and returns that answer. For what can only be looked
 * at from outside: another process, a file, a counter. A check that throws counts as "not yet".
 *
 * @throws Error that names `description`, the deadline and the last answer or error.
 */
export async function until<T>(
  description: string,
  check: () => T | Promise<T>,
  options: DeadlineOptions = {},
): Promise<Exclude<NonNullable<T>, false>> {
  const { timeoutMs = 10_000, everyMs = 25, signal } = options;
  const end = performance.now() + timeoutMs;
  let last = 'nothing yet';
  do {
    signal?.throwIfAborted();
    try {
      const answer = await check();
      if (answer !== false && answer !== undefined && answer !== null) {
        return answer as Exclude<NonNullable<T>, false>;
      }
      last = `last answer: ${String(answer)}`;
    } catch (error) {
      last = `last error: ${String(error)}`;
    }
    await delay(everyMs, undefined, { signal });
  } while (performance.now() < end);
  throw new Error(`${description}: not within ${timeoutMs} ms (${last})`);
}

/**
 * Waits for a promise, but not for ever. The timer keeps the process alive, so that a promise nobody settles fails by name
 * instead of ending the test process early.
 *
 * @throws Error that names `description` when the deadline passes first; else what the promise rejects with.
 */
export async function within<T>(description: string, promise: Promise<T>, timeoutMs = 10_000): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${description}: not within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
