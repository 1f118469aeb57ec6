import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';
import { deltaKey, keyText } from '../model/delta-key.ts';

const BATCH = 500;

/**
 * Holds one resource of a session that is not in charge yet. When the session takes over, everything is replayed
 * into the live store as one complete list, so that the change of session is a diff.
 */
export class StagingStore implements ResourceStore {
  readonly #held = new Map<string, Delta>();
  readonly #limit: number;
  #seen: Set<string> | undefined;

  /** Of more than `limit` objects one too many is held, so that the live store finds out that the budget is exceeded. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  begin(): void {
    this.#seen = new Set();
  }

  apply(deltas: readonly Delta[]): void {
    for (const delta of deltas) {
      const key = keyOf(delta);
      if (this.#held.size > this.#limit && delta.op !== 'delete' && !this.#held.has(key)) continue;
      if (delta.op === 'delete') this.#held.delete(key);
      // A skip says nothing new about what is held already.
      else if (delta.op !== 'skip' || !this.#held.has(key)) this.#held.set(key, delta);
      this.#seen?.add(key);
    }
  }

  end(): void {
    const seen = this.#seen;
    this.#seen = undefined;
    if (!seen) return;
    for (const key of this.#held.keys()) if (!seen.has(key)) this.#held.delete(key);
  }

  cancel(): void {
    this.#seen = undefined;
  }

  /** Replays all as a complete list and forgets it. */
  promote(target: ResourceStore): void {
    target.begin();
    this.replay(target);
    target.end();
  }

  /** Replays all as changes and forgets it: nothing is deleted but what was seen to go. */
  replay(target: ResourceStore): void {
    let batch: Delta[] = [];
    for (const delta of this.#held.values()) {
      batch.push(delta);
      if (batch.length < BATCH) continue;
      target.apply(batch);
      batch = [];
    }
    if (batch.length > 0) target.apply(batch);
    this.#held.clear();
  }
}

function keyOf(delta: Delta): string {
  const key = deltaKey(delta);
  if (key !== undefined) return keyText(key);
  return `?${delta.op === 'skip' ? delta.where : ''}`;
}
