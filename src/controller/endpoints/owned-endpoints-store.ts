import type { LocalChange, LocalObserver } from '../../contract/local-api.ts';
import { ConversionError } from '../../model/conversion-error.ts';
import type { JsonObject } from '../../model/json-field.ts';
import { isNewer } from '../owned/resource-version.ts';
import { Tombstones } from '../owned/tombstones.ts';
import { ownedEndpointsFromJson } from './owned-endpoints-json.ts';
import type { OwnedEndpoints } from './owned-endpoints.ts';

export type EndpointsListener = (namespace: string, name: string) => void;

/**
 * The Endpoints objects of the local cluster as the API server holds them: what the watch says and what our own writes
 * were answered, whichever is newer. Of foreign ones only that they exist.
 */
export class OwnedEndpointsStore implements LocalObserver {
  readonly #objects = new Map<string, OwnedEndpoints>();
  readonly #gone = new Tombstones();
  readonly #listeners = new Set<EndpointsListener>();
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

  get(namespace: string, name: string): OwnedEndpoints | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }

  /** All objects, foreign ones too. */
  all(): Iterable<OwnedEndpoints> {
    return this.#objects.values();
  }

  /** Called after a change with the name of the object (and so of the service). Returns the way to stop. */
  onChange(listener: EndpointsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  listed(objects: readonly JsonObject[], revision?: string): void {
    this.#synced = true;
    this.#problem = undefined;
    const seen = new Set<string>();
    for (const object of objects) {
      const read = readObject(object);
      if (read === undefined) continue;
      seen.add(keyOf(read.namespace, read.name));
      this.#put(read);
    }
    for (const [key, object] of this.#objects) {
      // A write of ours may have been accepted after the list was made.
      const after = revision !== undefined && isNewer(object.resourceVersion, revision);
      if (!after && !seen.has(key)) this.#drop(object);
    }
  }

  changed(changes: readonly LocalChange[]): void {
    for (const change of changes) {
      if (change.op === 'put') {
        const read = readObject(change.object);
        if (read !== undefined) this.#put(read);
        continue;
      }
      this.removed(change.namespace, change.name, change.uid);
    }
    this.#problem = undefined;
  }

  failed(message: string): void {
    this.#problem = message;
  }

  /** An answer of the API server to a write or read of ours; it may be older than what the watch told. */
  accepted(object: JsonObject): void {
    const read = readObject(object);
    if (read !== undefined) this.#put(read);
  }

  /** The object of this UID is not there any more; another of the same name may be. */
  removed(namespace: string, name: string, uid: string): void {
    const known = this.get(namespace, name);
    if (known?.uid === uid) this.#drop(known);
  }

  #put(object: OwnedEndpoints): void {
    const { namespace, name, uid, resourceVersion } = object;
    if (this.#gone.covers(uid, resourceVersion)) return;
    const known = this.get(namespace, name);
    if (known !== undefined && !isNewer(resourceVersion, known.resourceVersion)) return;
    this.#objects.set(keyOf(namespace, name), object);
    this.#tell(namespace, name);
  }

  #drop({ namespace, name, uid, resourceVersion }: OwnedEndpoints): void {
    this.#gone.add(uid, resourceVersion);
    this.#objects.delete(keyOf(namespace, name));
    this.#tell(namespace, name);
  }

  #tell(namespace: string, name: string): void {
    for (const listener of this.#listeners) listener(namespace, name);
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** An object without a readable name or annotations is left out: nothing could be planned for it. */
function readObject(object: JsonObject): OwnedEndpoints | undefined {
  try {
    return ownedEndpointsFromJson(object);
  } catch (error) {
    if (error instanceof ConversionError) return undefined;
    throw error;
  }
}
