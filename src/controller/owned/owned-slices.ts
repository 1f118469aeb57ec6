import type { LocalChange, LocalObserver } from '../../contract/local-api.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { fitsName } from '../plan/slice-name.ts';
import type { OwnedSlice } from './owned-slice.ts';
import { isOurs, ownedSliceFromJson, serviceOf } from './owned-slice-json.ts';
import { isNewer } from './resource-version.ts';
import { sameEndpoints, sameSlice } from './same-slice.ts';
import { SliceTable } from './slice-table.ts';
import { Tombstones } from './tombstones.ts';

/** Told of a service whose slices are not as our own writes made them. `service` is '' for slices of no service. */
export type OwnedSlicesListener = (namespace: string, service: string) => void;

const MAX_FOREIGN = 1000;
const MAX_UNREADABLE = 10;

/**
 * Our EndpointSlices as the API server holds them, as far as this process knows: the followed collection (label managed-by)
 * and the answers to our own writes, whichever is newer. So a plan made right after a write sees that write.
 *
 * - The newer resourceVersion wins, whatever the order of arrival; a delete counts for the UID that it names.
 * - A slice is filed under the service of its label, or where that is missing of its owner reference. The objects and the arrays
 *   of `ofService` are the same ones until something changes.
 * - An object without our managed-by label is never kept; that it holds a name is remembered.
 */
export class OwnedSlices implements LocalObserver {
  readonly #table = new SliceTable();
  readonly #gone = new Tombstones();
  readonly #foreign = new Set<string>();
  readonly #listeners = new Set<OwnedSlicesListener>();
  #unreadable: readonly string[] = [];
  #synced = false;
  #problem: string | undefined;

  /** Whether a complete list was taken. Before that nothing can be planned. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Why the collection cannot be read now; undefined = it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get size(): number {
    return this.#table.size;
  }

  /** The last objects that could not be read, with the reason. */
  get unreadable(): readonly string[] {
    return this.#unreadable;
  }

  get(namespace: string, name: string): OwnedSlice | undefined {
    return this.#table.get(namespace, name)?.slice;
  }

  /** Sorted by name; the same array until one of them changes. */
  ofService(namespace: string, service: string): readonly OwnedSlice[] {
    return this.#table.ofService(namespace, service);
  }

  /** Every service that has a slice here, whether or not there is such a Service. Do not hold the iterator over a change. */
  *services(): Generator<{ readonly namespace: string; readonly service: string }> {
    for (const { namespace, service } of this.#table.groups()) {
      if (service !== '') yield { namespace, service };
    }
  }

  /** Slices that neither label nor owner reference connects with a service. */
  orphans(): readonly OwnedSlice[] {
    const orphans: OwnedSlice[] = [];
    for (const { namespace, service } of this.#table.groups()) {
      if (service === '') orphans.push(...this.#table.ofService(namespace, ''));
    }
    return orphans;
  }

  /** Whether a write of ours met a slice of another owner at this name: for the `taken` of plans. */
  isForeign(namespace: string, name: string): boolean {
    return this.#foreign.has(`${namespace}/${name}`);
  }

  /** Called after each change that our accepted writes do not account for, the first list included. Must not throw. */
  onChange(listener: OwnedSlicesListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listed(objects: readonly JsonObject[], revision?: string): void {
    const dirty = new Dirty();
    const present = new Set<string>();
    for (const object of objects) {
      const slice = this.#read(object);
      if (slice === undefined) continue;
      present.add(`${slice.namespace}/${slice.name}`);
      this.#put(slice, object, dirty);
    }
    for (const { slice } of this.#table.entries()) {
      // A write of ours may have been accepted after the list was made.
      const after = revision !== undefined && isNewer(slice.resourceVersion, revision);
      if (!after && !present.has(`${slice.namespace}/${slice.name}`)) this.#remove(slice, dirty);
    }
    this.#synced = true;
    this.#problem = undefined;
    this.#tell(dirty);
  }

  changed(changes: readonly LocalChange[]): void {
    const dirty = new Dirty();
    for (const change of changes) {
      if (change.op === 'put') {
        const slice = this.#read(change.object);
        if (slice !== undefined) this.#put(slice, change.object, dirty);
      } else {
        this.#foreign.delete(`${change.namespace}/${change.name}`);
        const slice = this.get(change.namespace, change.name);
        if (slice?.uid === change.uid) this.#remove(slice, dirty);
      }
    }
    this.#problem = undefined;
    this.#tell(dirty);
  }

  failed(message: string): void {
    this.#problem = message;
  }

  /** An object as the server answered it to a write of ours, or to a read of what a write of ours met. */
  accepted(object: JsonObject): void {
    if (!isOurs(object)) {
      this.#meet(object);
      return;
    }
    const slice = this.#read(object);
    if (slice === undefined || this.#gone.covers(slice.uid, slice.resourceVersion)) return;
    const before = this.get(slice.namespace, slice.name);
    if (before !== undefined && isNewer(before.resourceVersion, slice.resourceVersion)) {
      // Somebody wrote after us and the watch was faster. It may have been told as no change: they may have undone our write.
      const dirty = new Dirty();
      if (!sameSlice(before, slice)) dirty.add(before.namespace, this.#serviceOf(before));
      this.#tell(dirty);
      return;
    }
    this.#foreign.delete(`${slice.namespace}/${slice.name}`);
    this.#table.set(sharing(slice, before), serviceOf(object, slice));
  }

  /** Our delete of the slice with this UID was accepted, or it turned out not to be there. */
  removed(namespace: string, name: string, uid: string): void {
    const slice = this.get(namespace, name);
    if (slice?.uid === uid) this.#remove(slice, new Dirty());
  }

  #read(object: JsonObject): OwnedSlice | undefined {
    try {
      return ownedSliceFromJson(object);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#unreadable = [...this.#unreadable, reason].slice(-MAX_UNREADABLE);
      return undefined;
    }
  }

  #put(read: OwnedSlice, object: JsonObject, dirty: Dirty): void {
    if (this.#gone.covers(read.uid, read.resourceVersion)) return;
    const entry = this.#table.get(read.namespace, read.name);
    const before = entry?.slice;
    if (before !== undefined && !isNewer(read.resourceVersion, before.resourceVersion)) return;
    if (!isOurs(object)) {
      if (before !== undefined) this.#remove(before, dirty);
      return;
    }
    const slice = sharing(withKnownCluster(read, before), before);
    const service = serviceOf(object, slice);
    this.#table.set(slice, service);
    if (before !== undefined && entry?.service === service && sameSlice(before, slice)) return;
    dirty.add(slice.namespace, service);
    if (entry !== undefined) dirty.add(slice.namespace, entry.service);
  }

  #remove(slice: OwnedSlice, dirty: Dirty): void {
    dirty.add(slice.namespace, this.#serviceOf(slice));
    this.#gone.add(slice.uid, slice.resourceVersion);
    this.#table.delete(slice.namespace, slice.name);
  }

  #serviceOf({ namespace, name }: OwnedSlice): string {
    return this.#table.get(namespace, name)?.service ?? '';
  }

  /** A slice of another owner at a name that we wanted. */
  #meet(object: JsonObject): void {
    const slice = this.#read(object);
    if (slice === undefined) return;
    const key = `${slice.namespace}/${slice.name}`;
    this.#foreign.delete(key);
    this.#foreign.add(key);
    const [oldest] = this.#foreign;
    if (this.#foreign.size > MAX_FOREIGN && oldest !== undefined) this.#foreign.delete(oldest);
  }

  #tell(dirty: Dirty): void {
    for (const { namespace, service } of dirty.services()) {
      for (const listener of this.#listeners) listener(namespace, service);
    }
  }
}

/** Services to be told of, each once. */
class Dirty {
  readonly #services = new Map<string, { readonly namespace: string; readonly service: string }>();

  add(namespace: string, service: string): void {
    this.#services.set(`${namespace}/${service}`, { namespace, service });
  }

  services(): Iterable<{ readonly namespace: string; readonly service: string }> {
    return this.#services.values();
  }
}

/** Equal parts of the version before are kept: most writes of others change neither. */
function sharing(slice: OwnedSlice, before: OwnedSlice | undefined): OwnedSlice {
  return before !== undefined && before.uid === slice.uid && sameEndpoints(before, slice)
    ? { ...slice, endpoints: before.endpoints }
    : slice;
}

/**
 * A cluster label that somebody changes must not make a held cluster's slice look like one of a cluster that is not held: where
 * the slice's name tells that it is of another set now, the cluster that we know stays.
 */
function withKnownCluster(slice: OwnedSlice, before: OwnedSlice | undefined): OwnedSlice {
  if (before === undefined || before.uid !== slice.uid || before.cluster === slice.cluster) return slice;
  return fitsName(slice) ? slice : { ...slice, cluster: before.cluster, intact: false };
}
