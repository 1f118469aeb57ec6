import { EndpointPattern } from './endpoint-pattern.ts';
import type { EndpointKey, OwnerSample } from './endpoint-pattern.ts';
import type { WorkloadEndpoint } from './workload-endpoint.ts';

/** Copies are kept: larger values are not worth it, and a remote must not choose how much is kept. */
const MAX_VALUE_BYTES = 4096;
/** Forms of values. One writer has few: a field is there or not. */
const PATTERNS = 8;
/** A power of two. More did not pay: lists go from namespace to namespace, and rollouts from owner to owner. */
const OWNERS = 1024;
/** To learn a pattern takes 15 µs: not more often than for one value in so many. */
const COST = 32;
const MAX_CREDIT = 256;

/**
 * Reads WorkloadEndpoints that have the form of earlier ones without the reference. Remembers a few forms, and of each owner (namespace, and workload
 * up to its last dash, which is a ReplicaSet or the like) the last two values: at most 16 MB with what they decode to, whatever the remotes send. One
 * instance may serve many clusters.
 */
export class EndpointPatterns {
  /** The one that fitted last is the first. */
  readonly #patterns: EndpointPattern[] = [];
  /** A slot holds the last owner that hashed to it; where two meet, the labels are parsed more often. */
  readonly #owners: (OwnerSample | undefined)[] = Array.from({ length: OWNERS });
  #credit = MAX_CREDIT;

  /** The endpoint that `value` holds, where a pattern tells: equal to what the reference decodes. */
  read(key: EndpointKey, value: Buffer): WorkloadEndpoint | undefined {
    if (this.#credit < MAX_CREDIT) this.#credit++;
    if (value.length > MAX_VALUE_BYTES) return undefined;
    const slot = slotOf(key);
    return this.#readLike(key, value, slot) ?? this.#readAnew(key, value, slot);
  }

  #readLike(key: EndpointKey, value: Buffer, slot: number): WorkloadEndpoint | undefined {
    const sample = this.#owners[slot];
    const endpoint = sample?.pattern.readLike(value, key, sample);
    const previous = sample?.previous;
    if (endpoint !== undefined || previous === undefined) return endpoint;
    const earlier = previous.pattern.readLike(value, key, previous);
    if (earlier !== undefined) this.#remember(slot, previous);
    return earlier;
  }

  #readAnew(key: EndpointKey, value: Buffer, slot: number): WorkloadEndpoint | undefined {
    for (let i = 0; i < this.#patterns.length; i++) {
      const pattern = this.#patterns[i] as EndpointPattern;
      const endpoint = pattern.read(value, key, this.#owners[slot]);
      if (endpoint === undefined) continue;
      if (i > 0) this.#patterns.unshift(...this.#patterns.splice(i, 1));
      this.#remember(slot, pattern.sampleOf(value, endpoint));
      return endpoint;
    }
    return undefined;
  }

  /** Of an owner two are kept. */
  #remember(slot: number, sample: OwnerSample): void {
    const last = this.#owners[slot];
    if (last !== undefined) last.previous = undefined;
    sample.previous = last;
    this.#owners[slot] = sample;
  }

  /** What the reference decoded where `read` could not: others may look the same. */
  learn(key: EndpointKey, value: Buffer, endpoint: WorkloadEndpoint): void {
    if (value.length > MAX_VALUE_BYTES || this.#credit < COST) return;
    this.#credit -= COST;
    const pattern = EndpointPattern.of(value, key, endpoint);
    if (pattern === undefined) return;
    this.#patterns.unshift(pattern);
    if (this.#patterns.length > PATTERNS) this.#patterns.pop();
  }
}

function slotOf({ id: { namespace, workload } }: EndpointKey): number {
  const dash = workload.lastIndexOf('-');
  let hash = 0;
  for (let i = 0; i < namespace.length; i++) hash = Math.imul(hash, 31) + namespace.charCodeAt(i);
  for (let i = dash < 0 ? workload.length - 1 : dash; i >= 0; i--) {
    hash = Math.imul(hash, 31) + workload.charCodeAt(i);
  }
  return (hash ^ (hash >>> 15)) & (OWNERS - 1);
}
