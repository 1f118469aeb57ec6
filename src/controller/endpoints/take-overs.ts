import type { OwnedEndpoints } from './owned-endpoints.ts';
import { takeOver } from './take-over.ts';
import type { TakeOverMemory, TakeOverStep } from './take-over.ts';

export interface TakeOversOptions {
  /** A service is blocked from now on. `reason` is a sentence for its owner (Event AnotherController). */
  readonly onAnotherController: (namespace: string, name: string, reason: string) => void;
}

/** Remembers per service where its take-over stands. Holds nothing for services without an Endpoints object of ours. */
export class TakeOvers {
  readonly #memories = new Map<string, TakeOverMemory>();
  readonly #options: TakeOversOptions;

  constructor(options: TakeOversOptions) {
    this.#options = options;
  }

  /** The next step for a federated service; `slicesAccepted` as `takeOver` has it. */
  step(
    service: { readonly namespace: string; readonly name: string },
    actual: OwnedEndpoints | undefined,
    slicesAccepted: boolean,
  ): TakeOverStep {
    const { namespace, name } = service;
    const key = `${namespace}/${name}`;
    const before = this.#memories.get(key);
    const result = takeOver(actual, slicesAccepted, before);
    if (result.memory === undefined) this.#memories.delete(key);
    else this.#memories.set(key, result.memory);
    if (result.blocked && before?.stopped === undefined) {
      this.#options.onAnotherController(namespace, name, result.reason);
    }
    return result;
  }

  /** Services that are blocked now. */
  get blocked(): number {
    return [...this.#memories.values()].filter((memory) => memory.stopped !== undefined).length;
  }

  /** The service is not federated any more, or gone. */
  forget(namespace: string, name: string): void {
    this.#memories.delete(`${namespace}/${name}`);
  }
}
