import { EndpointPattern } from './endpoint-pattern.ts';
import type { EndpointKey } from './endpoint-pattern.ts';
import type { WorkloadEndpoint } from './workload-endpoint.ts';

/** A pattern holds a copy of its value: larger ones are not worth it, and a remote must not choose how much is kept. */
const MAX_VALUE_BYTES = 4096;
const MAX_OWNERS = 2048;
/** Two, since the endpoints of one owner often have one of two states while it is changed. */
const PATTERNS = 2;
const MAX_PATIENCE = 1023;
/** Hits that make up for learning a pattern: 12 µs to learn, 4 µs saved by each. */
const COST = 3;
const MAX_CREDIT = 256;

interface Owner {
  readonly patterns: EndpointPattern[];
  oldest: number;
  /** Misses to let pass before the next pattern is learnt: doubled by each that was learnt and never used. */
  patience: number;
  left: number;
}

/**
 * Remembers patterns of WorkloadEndpoints by owner: namespace, and workload up to its last dash, which is a ReplicaSet or the like. At most
 * about 16 MB, whatever the remotes send. One instance may serve many clusters.
 */
export class EndpointPatterns {
  readonly #namespaces = new Map<string, Map<string, Owner>>();
  #size = 0;
  /** Hits not yet spent. Where owners have one endpoint each, none come: then only the second miss of an owner is learnt. */
  #credit = MAX_CREDIT;

  /** The endpoint that `value` holds, where a pattern tells without parsing: equal to what the reference decodes. */
  read(key: EndpointKey, value: Buffer): WorkloadEndpoint | undefined {
    if (value.length > MAX_VALUE_BYTES) return undefined;
    const owner = this.#namespaces.get(key.id.namespace)?.get(ownerName(key));
    if (owner === undefined) return undefined;
    for (const pattern of owner.patterns) {
      const endpoint = pattern.read(value, key);
      if (endpoint === undefined) continue;
      owner.patience = 0;
      owner.left = 0;
      if (this.#credit < MAX_CREDIT) this.#credit++;
      return endpoint;
    }
    return undefined;
  }

  /** What the reference decoded where `read` could not: others may look the same. */
  learn(key: EndpointKey, value: Buffer, endpoint: WorkloadEndpoint): void {
    if (value.length > MAX_VALUE_BYTES) return;
    const owner = this.#owner(key);
    if (owner.left-- > 0) return;
    owner.patience = Math.min(owner.patience * 2 + 1, MAX_PATIENCE);
    owner.left = owner.patience;
    this.#credit = Math.max(0, this.#credit - COST);
    const pattern = EndpointPattern.of(value, key, endpoint);
    if (pattern === undefined) return;
    owner.patterns[owner.oldest] = pattern;
    owner.oldest = (owner.oldest + 1) % PATTERNS;
  }

  #owner(key: EndpointKey): Owner {
    if (this.#size >= MAX_OWNERS) this.#forgetOldest();
    const { namespace } = key.id;
    let owners = this.#namespaces.get(namespace);
    if (owners === undefined) this.#namespaces.set(namespace, (owners = new Map()));
    const name = ownerName(key);
    let owner = owners.get(name);
    if (owner === undefined) {
      owners.set(name, (owner = { patterns: [], oldest: 0, patience: 0, left: this.#credit < COST ? 1 : 0 }));
      this.#size++;
    }
    return owner;
  }

  /** Lists go from namespace to namespace: the one that was met first is the first to be done with. */
  #forgetOldest(): void {
    for (const [namespace, owners] of this.#namespaces) {
      this.#namespaces.delete(namespace);
      this.#size -= owners.size;
      return;
    }
  }
}

function ownerName({ id: { workload } }: EndpointKey): string {
  const dash = workload.lastIndexOf('-');
  return dash < 0 ? workload : workload.slice(0, dash);
}
