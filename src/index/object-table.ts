import type { Kind, Resource } from '../model/kind.ts';
import type { EndpointSlice } from '../model/endpoint-slice.ts';
import type { ClusterInformation, HostEndpoint, IPPool, Profile } from '../model/objects.ts';
import type { Service } from '../model/service.ts';
import { NestedMap } from './nested-map.ts';

/** An EndpointSlice whose endpoints are bytes (slice-codec.ts). */
export type PackedSlice = Omit<EndpointSlice, 'endpoints'> & { readonly packed: Uint8Array };

export type StoredEntry = HostEndpoint | Profile | IPPool | ClusterInformation | Service | PackedSlice;

/** What readers see of an object. */
export interface ObjectContent {
  readonly entry: StoredEntry;
  /** When it came, in milliseconds since the epoch; and with which change. */
  readonly since: number;
  readonly revision: number;
}

/** What is kept of an object that is no WorkloadEndpoint: its content and what its writer needs. */
export interface StoredObject {
  entry: StoredEntry;
  /** Which resource named it last: only that one's lists and deletes may delete it. */
  owner: Resource;
  /** Marks of lists under way that have not named it. */
  marks: number;
  since: number;
  revision: number;
  /** Of a HostEndpoint: its number in HostTable; 0 for others. */
  host: number;
}

/** The objects of one cluster that are no WorkloadEndpoints: some thousands, so plain objects in maps will do. */
export class ObjectTable {
  readonly #kinds = new Map<Kind, NestedMap<StoredObject>>();
  readonly #slices = new NestedMap<Set<StoredObject>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  count(kind: Kind): number {
    return this.#kinds.get(kind)?.size ?? 0;
  }

  get(kind: Kind, namespace: string, name: string): StoredObject | undefined {
    return this.#kinds.get(kind)?.get(namespace, name);
  }

  /** An object whose key is not there. */
  add(stored: StoredObject): void {
    const { kind, namespace, name } = stored.entry;
    let table = this.#kinds.get(kind);
    if (table === undefined) {
      table = new NestedMap();
      this.#kinds.set(kind, table);
    }
    table.set(namespace, name, stored);
    this.#size++;
    this.#linkSlice(stored);
  }

  /** Gives an object other content under the same key. */
  replace(stored: StoredObject, entry: StoredEntry): void {
    this.#unlinkSlice(stored);
    stored.entry = entry;
    this.#linkSlice(stored);
  }

  remove(stored: StoredObject): void {
    const { kind, namespace, name } = stored.entry;
    this.#kinds.get(kind)?.delete(namespace, name);
    this.#size--;
    this.#unlinkSlice(stored);
  }

  /** The object at hand may be removed while it is visited. */
  of(kind: Kind): Iterable<StoredObject> {
    return this.#kinds.get(kind)?.values() ?? [];
  }

  /** Those of one namespace. */
  in(kind: Kind, namespace: string): Iterable<StoredObject> {
    return this.#kinds.get(kind)?.under(namespace) ?? [];
  }

  *all(): Generator<StoredObject> {
    for (const table of this.#kinds.values()) yield* table.values();
  }

  slicesOf(namespace: string, service: string): Iterable<StoredObject> {
    return this.#slices.get(namespace, service) ?? [];
  }

  #linkSlice(stored: StoredObject): void {
    const { entry } = stored;
    if (entry.kind !== 'EndpointSlice' || entry.service === '') return;
    const slices = this.#slices.get(entry.namespace, entry.service);
    if (slices) slices.add(stored);
    else this.#slices.set(entry.namespace, entry.service, new Set([stored]));
  }

  #unlinkSlice(stored: StoredObject): void {
    const { entry } = stored;
    if (entry.kind !== 'EndpointSlice' || entry.service === '') return;
    const slices = this.#slices.get(entry.namespace, entry.service);
    slices?.delete(stored);
    if (slices?.size === 0) this.#slices.delete(entry.namespace, entry.service);
  }
}
