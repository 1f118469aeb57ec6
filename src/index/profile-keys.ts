import type { LabelSet } from '../model/label-set.ts';

/** Which label keys any profile of any cluster gives, counted: selectors that name none of them need no profiles. */
export class ProfileKeys {
  readonly #counts = new Map<string, number>();
  #version = 0;

  /** Grows whenever a profile comes, changes or goes. */
  get version(): number {
    return this.#version;
  }

  add(labels: LabelSet): void {
    this.#version++;
    for (const key of labels.keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(labels: LabelSet): void {
    this.#version++;
    for (const key of labels.keys) {
      const left = (this.#counts.get(key) ?? 0) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    }
  }

  has(key: string): boolean {
    return this.#counts.has(key);
  }
}
