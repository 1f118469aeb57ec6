import { setImmediate as immediate } from 'node:timers/promises';

/** Lets timers and sockets have a turn between two slices of work. Resolves after pending I/O was looked at. */
export function yieldLoop(): Promise<void> {
  return immediate();
}
