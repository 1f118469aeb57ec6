import { DatastoreError } from '../../contract/datastore-error.ts';

export interface PendingDeletionsOptions {
  /** Whether the datastore still is the Calico that the RCCs were read from. */
  readonly confirm: () => Promise<boolean>;
  readonly onConfirmed: (names: readonly string[]) => void;
  /** Called at most once; what is pending then stays undecided, for the next list. */
  readonly onRefused: (error: unknown) => void;
}

/** RCCs whose keys were deleted wait here until it is sure that not the whole Calico was deleted with them. */
export class PendingDeletions {
  readonly #options: PendingDeletionsOptions;
  readonly #pending = new Set<string>();
  #asking = false;

  constructor(options: PendingDeletionsOptions) {
    this.#options = options;
  }

  add(name: string): void {
    this.#pending.add(name);
    if (this.#asking) return;
    this.#asking = true;
    this.#ask().catch((error: unknown) => this.#options.onRefused(error));
  }

  /** The key was written again. */
  cancel(name: string): void {
    this.#pending.delete(name);
  }

  async #ask(): Promise<void> {
    while (this.#pending.size > 0) {
      // Only what was deleted before the question was asked is answered by it.
      const names = [...this.#pending];
      if (!(await this.#options.confirm())) throw sourceMissing();
      const still = names.filter((name) => this.#pending.delete(name));
      if (still.length > 0) this.#options.onConfirmed(still);
    }
    this.#asking = false;
  }
}

export function sourceMissing(): DatastoreError {
  return new DatastoreError(
    'retry',
    'SourceMissing',
    'etcd no longer holds the Calico datastore that the RCCs were read from; what was read stays in force',
  );
}
