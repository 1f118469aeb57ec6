import type { DatastoreError } from '../../../contract/datastore-error.ts';
import type { Backoff } from '../../../runtime/backoff.ts';
import type { Random } from '../../../runtime/random.ts';

/** A missing permission is not granted in the next second. */
const SLOW_MS = 30_000;

/** Milliseconds until the next try after `error`. */
export function retryDelay(error: DatastoreError, backoff: Backoff, random: Random): number {
  if (error.reaction === 'forbidden' || error.reaction === 'unauthorized') {
    return SLOW_MS * (0.8 + 0.4 * random());
  }
  return Math.max(backoff.next(), error.retryAfterMs ?? 0);
}
