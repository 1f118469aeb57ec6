import { WriteError } from '../../contract/local-api.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { CleanupContext } from './cleanup-context.ts';

const MAX_TRIES = 6;
const TIMEOUT_MS = 10_000;

/**
 * Reads an object and does something to it, again and again while others are faster or the API server is busy.
 * @param change resolves when done; what it is given was just read. It says `nothing` where nothing is to be done.
 * @returns `gone` = it is not there (any more), or nothing was to be done. Rejects with the last error.
 */
export async function persistentWrite(
  { api, clock, random, signal }: CleanupContext,
  path: string,
  change: (
    object: JsonObject,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ) => Promise<unknown> | 'nothing',
): Promise<'done' | 'gone'> {
  const backoff = new Backoff({ firstMs: 250, maxMs: 8000, random });
  for (let round = 1; ; round++) {
    try {
      const object = await api.get(path, signal);
      if (object === undefined) return 'gone';
      const changing = change(object, { signal, timeoutMs: TIMEOUT_MS });
      if (changing === 'nothing') return 'gone';
      await changing;
      return 'done';
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WriteError && error.problem === 'not-found') return 'gone';
      if (round === MAX_TRIES || isFinal(error)) throw error;
      await clock.sleep(Math.max(backoff.next(), retryAfterMs(error)), signal);
    }
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof WriteError)) return false;
  return error.problem === 'forbidden' || error.problem === 'invalid' || error.problem === 'absent';
}

function retryAfterMs(error: unknown): number {
  return error instanceof WriteError ? (error.retryAfterMs ?? 0) : 0;
}
