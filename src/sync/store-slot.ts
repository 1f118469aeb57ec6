import type { ResourceStore } from '../contract/replica.ts';
import type { Delta } from '../model/delta.ts';

/** Where a reflector writes: a place whose store can be exchanged between two calls. */
export class StoreSlot implements ResourceStore {
  #store: ResourceStore;

  constructor(store: ResourceStore) {
    this.#store = store;
  }

  exchange(store: ResourceStore): void {
    this.#store = store;
  }

  begin(): void {
    this.#store.begin();
  }

  apply(deltas: readonly Delta[]): void {
    this.#store.apply(deltas);
  }

  end(): void {
    this.#store.end();
  }

  cancel(): void {
    this.#store.cancel();
  }
}
