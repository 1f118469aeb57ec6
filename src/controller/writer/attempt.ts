import { DatastoreError } from '../../contract/datastore-error.ts';
import { WriteError, type WriteProblem } from '../../contract/local-api.ts';
import type { LoadSign } from './write-limit.ts';

/** Not accepted, and why. */
export interface Refusal {
  readonly problem: WriteProblem;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
}

/** Makes one request. Never rejects: undefined = accepted. */
export async function attempt(request: () => Promise<void>): Promise<Refusal | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    return asRefusal(error);
  }
}

/** What the outcome says about the server's load. */
export function loadSign(refusal: Refusal | undefined): LoadSign {
  if (refusal?.problem === 'throttled') return { sign: 'throttled', retryAfterMs: refusal.retryAfterMs };
  return { sign: refusal?.problem === 'failed' ? 'failed' : 'answered' };
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof WriteError) {
    const { problem, message, retryAfterMs } = error;
    return { problem, message, retryAfterMs };
  }
  if (error instanceof DatastoreError) {
    const { reaction, message, retryAfterMs } = error;
    return { problem: problemOf(reaction, retryAfterMs), message, retryAfterMs };
  }
  return {
    problem: 'failed',
    message: error instanceof Error ? error.message : String(error),
    retryAfterMs: undefined,
  };
}

function problemOf(reaction: DatastoreError['reaction'], retryAfterMs: number | undefined): WriteProblem {
  if (reaction === 'forbidden' || reaction === 'unauthorized') return 'forbidden';
  return retryAfterMs === undefined ? 'failed' : 'throttled';
}
