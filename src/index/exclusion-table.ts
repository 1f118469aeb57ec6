import type { Exclusion } from '../model/delta.ts';
import type { EntryKey } from '../model/objects.ts';
import type { WorkloadEndpointId } from '../model/workload-endpoint.ts';
import { nameOf } from './entry-name.ts';
import { NestedMap } from './nested-map.ts';

interface Excluded {
  readonly exclusion: Exclusion;
  /** Its source is named otherwise than the workload: by the name of a WorkloadEndpoint. */
  readonly byEndpointName: boolean;
  /** Marks of lists under way that have not named it. */
  marks: number;
}

/** What a cluster names and what is no endpoint, by the key of its source. Bounded: more is not remembered. */
export class ExclusionTable {
  readonly #limit: number;
  /** By namespace and name, as in the key of an exclusion. */
  readonly #excluded = new NestedMap<Excluded>();
  #byEndpointName = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#excluded.size;
  }

  /** `mark` is that of the list that says so. */
  set(id: EntryKey, exclusion: Exclusion, mark: number): void {
    const [namespace, name] = splitKey(exclusion.key);
    const known = this.#excluded.get(namespace, name);
    if (known === undefined && this.#excluded.size >= this.#limit) return;
    const byEndpointName = 'name' in id || id.workload !== name;
    this.#byEndpointName += Number(byEndpointName) - Number(known?.byEndpointName ?? false);
    this.#excluded.set(namespace, name, { exclusion, byEndpointName, marks: (known?.marks ?? 0) & ~mark });
  }

  remove(key: string): void {
    this.#delete(...splitKey(key));
  }

  /** The endpoint is one after all: its source was a pod, or a WorkloadEndpoint of this name. */
  removeOf(endpoint: WorkloadEndpointId): void {
    if (this.#excluded.size === 0) return;
    this.#delete(endpoint.namespace, endpoint.workload);
    if (this.#byEndpointName > 0) this.#delete(endpoint.namespace, nameOf(endpoint));
  }

  begin(mark: number): void {
    for (const each of this.#excluded.values()) each.marks |= mark;
  }

  end(mark: number): void {
    for (const each of this.#excluded.values()) if (each.marks & mark) this.remove(each.exclusion.key);
  }

  cancel(mark: number): void {
    for (const each of this.#excluded.values()) each.marks &= ~mark;
  }

  clear(): void {
    for (const each of this.#excluded.values()) this.remove(each.exclusion.key);
  }

  /** `address` must be canonical. */
  *byAddress(address: string): Generator<Exclusion> {
    for (const { exclusion } of this.#excluded.values())
      if (exclusion.addresses.includes(address)) yield exclusion;
  }

  #delete(namespace: string, name: string): void {
    const known = this.#excluded.get(namespace, name);
    if (known === undefined) return;
    this.#byEndpointName -= Number(known.byEndpointName);
    this.#excluded.delete(namespace, name);
  }
}

/** At the first `/`; a key without one is a name. */
function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return slash < 0 ? ['', key] : [key.slice(0, slash), key.slice(slash + 1)];
}
