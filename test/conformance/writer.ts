import type { ConformanceRig } from './rig.ts';

/** Writes through a rig and keeps what must be there: the plain model. */
export class Writer {
  readonly model = new Map<string, number>();
  /** How often each name was deleted. */
  readonly deletions = new Map<string, number>();
  readonly #rig: ConformanceRig;
  static #version = 0;

  constructor(rig: ConformanceRig) {
    this.#rig = rig;
  }

  /** Creates the object, or gives it a version that no object had before. */
  async put(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const version = ++Writer.#version;
      this.model.set(name, version);
      await this.#rig.put(name, version);
    }
  }

  async delete(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (!this.model.delete(name)) continue;
      this.deletions.set(name, (this.deletions.get(name) ?? 0) + 1);
      await this.#rig.delete(name);
    }
  }

  async clear(): Promise<void> {
    await this.delete(...this.model.keys());
  }
}

/** One line for each object, sorted: equal for equal states. */
export function stateOf(objects: ReadonlyMap<string, number>): string {
  return [...objects]
    .map(([name, version]) => `${name}=${version}`)
    .sort()
    .join(' ');
}
