import { LabelSet } from '../model/label-set.ts';
import type { ObjectTable } from './object-table.ts';

const CACHED = 4096;

/** The labels that the profiles of one cluster give to its endpoints. */
export class InheritedLabels {
  readonly #objects: ObjectTable;
  /** By instance of the list: lists are shared between endpoints and immutable. */
  readonly #merged = new Map<readonly string[], LabelSet>();

  constructor(objects: ObjectTable) {
    this.#objects = objects;
  }

  /** To be called when a profile comes, changes or goes. */
  reset(): void {
    this.#merged.clear();
  }

  /** The value that the first profile that has `key` gives to it. */
  value(profiles: readonly string[], key: string): string | undefined {
    for (const profile of profiles) {
      const value = this.#labelsOf(profile)?.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** What an endpoint with labels `own` inherits: own labels win. */
  of(own: LabelSet, profiles: readonly string[]): LabelSet {
    const merged = this.#merge(profiles);
    if (merged.size === 0 || !merged.keys.some((key) => own.has(key))) return merged;
    return LabelSet.of([...merged.entries()].filter(([key]) => !own.has(key)));
  }

  #merge(profiles: readonly string[]): LabelSet {
    if (profiles.length === 0) return LabelSet.empty;
    const known = this.#merged.get(profiles);
    if (known !== undefined) return known;
    const pairs = new Map<string, string>();
    for (const profile of profiles) {
      for (const [key, value] of this.#labelsOf(profile)?.entries() ?? []) {
        if (!pairs.has(key)) pairs.set(key, value);
      }
    }
    if (this.#merged.size >= CACHED) this.#merged.clear();
    const merged = LabelSet.of(pairs);
    this.#merged.set(profiles, merged);
    return merged;
  }

  #labelsOf(profile: string): LabelSet | undefined {
    const entry = this.#objects.get('Profile', '', profile)?.entry;
    return entry?.kind === 'Profile' ? entry.labelsToApply : undefined;
  }
}
