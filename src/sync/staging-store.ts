import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';
import type { EntryKey } from '../model/objects.ts';

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
  switch (delta.op) {
    case 'put':
      return keyText(delta.entry);
    case 'delete':
      return keyText(delta.key);
    case 'exclude':
      return keyText(delta.id);
    case 'skip':
      return delta.id ? keyText(delta.id) : `?${delta.where}`;
  }
}

/** A text that is equal for equal keys; no part can hold a NUL. */
function keyText(key: EntryKey): string {
  if ('name' in key) return `${key.namespace}\0${key.name}`;
  return `${key.namespace}\0${key.node}\0${key.orchestrator}\0${key.workload}\0${key.endpoint}`;
}
