import { isNewer } from './resource-version.ts';

const MAX_TOMBSTONES = 8192;

/**
 * What is known of objects that went: the last resourceVersion by UID. An older state that comes late is known by it. Not by the
 * UID alone: an object that only lost our label comes back with its UID and a newer version. Bounded: the oldest are forgotten,
 * and what then comes back by a late event goes again by the delete that follows it.
 */
export class Tombstones {
  readonly #versions = new Map<string, string>();

  add(uid: string, resourceVersion: string): void {
    this.#versions.delete(uid);
    this.#versions.set(uid, resourceVersion);
    if (this.#versions.size <= MAX_TOMBSTONES) return;
    const oldest = this.#versions.keys().next();
    if (oldest.done !== true) this.#versions.delete(oldest.value);
  }

  /** Whether a state is of before the object went. */
  covers(uid: string, resourceVersion: string): boolean {
    const last = this.#versions.get(uid);
    return last !== undefined && !isNewer(resourceVersion, last);
  }
}
