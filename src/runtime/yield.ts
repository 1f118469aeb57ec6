import { setImmediate as immediate } from 'node:timers/promises';

/** Lets timers and sockets have a turn between two slices of work. Resolves after pending I/O was looked at. */
export function yieldLoop(): Promise<void> {
  return immediate();
}

/** Calls `run` once when the I/O that is pending now was looked at; returns the way to cancel. */
export function afterTurn(run: () => void): () => void {
  const pending = setImmediate(run);
  return () => clearImmediate(pending);
}
