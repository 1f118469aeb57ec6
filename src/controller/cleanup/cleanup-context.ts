import type { LocalApi } from '../../contract/local-api.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';

/** What all parts of a cleanup work with. */
export interface CleanupContext {
  readonly api: LocalApi;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends everything: what runs rejects with its reason. */
  readonly signal: AbortSignal;
}

/** Objects that are worked on at the same time. */
const WIDTH = 8;

/** Runs `work` on all items, some at a time; answers come in the order of the items. */
export async function* inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  for (let i = 0; i < items.length; i += WIDTH) {
    yield* await Promise.all(items.slice(i, i + WIDTH).map(work));
  }
}
