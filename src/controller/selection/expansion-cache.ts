import type { FederatedService } from './federated-service.ts';

/**
 * Decides which federated services keep what was made of their clusters. A small one is made anew faster than its
 * memory is worth; of the large ones those used last are kept, up to a number of endpoints in all.
 */
export class ExpansionCache {
  readonly #from: number;
  readonly #limit: number;
  /** Endpoints by service, the one used longest ago first. */
  readonly #kept = new Map<FederatedService, number>();
  #endpoints = 0;

  /** Services with fewer endpoints than `from` keep nothing; all others together at most `limit`, but one always may. */
  constructor(from: number, limit: number) {
    this.#from = from;
    this.#limit = limit;
  }

  /** The service was made: it holds the expansions of its clusters. */
  used(federated: FederatedService): void {
    this.forget(federated);
    let endpoints = 0;
    for (const expansion of federated.expansions.values()) endpoints += expansion.endpoints;
    if (endpoints < this.#from) {
      federated.expansions.clear();
      return;
    }
    this.#kept.set(federated, endpoints);
    this.#endpoints += endpoints;
    for (const oldest of this.#kept.keys()) {
      if (this.#endpoints <= this.#limit || oldest === federated) break;
      oldest.expansions.clear();
      this.forget(oldest);
    }
  }

  /** The service is not there any more. */
  forget(federated: FederatedService): void {
    this.#endpoints -= this.#kept.get(federated) ?? 0;
    this.#kept.delete(federated);
  }

  /** What was made does not hold any more. */
  clear(): void {
    for (const federated of this.#kept.keys()) federated.expansions.clear();
    this.#kept.clear();
    this.#endpoints = 0;
  }
}
