import type { LocalChange, LocalCollection } from '../../../contract/local-api.ts';
import type { JsonObject } from '../../../model/json-field.ts';
import { listCollection } from './collection-list.ts';
import { watchCollection } from './collection-watch.ts';
import { metadataOf, stringOf } from './local-body.ts';
import type { LocalConnection } from './local-connection.ts';

/** Takes what a collection of the local API holds. */
export interface CollectionSink {
  /** A complete list: what is not in it was gone at `revision`. */
  listed(objects: readonly JsonObject[], revision: string): void;
  /** The server took a watch: what is known is being followed. */
  watching(): void;
  /** Changes since; none where the server only said that it is alive. */
  changed(changes: readonly LocalChange[]): void;
}

const SHORTEST_WATCH_MS = 1000;

/**
 * Lists a collection and watches it from there, one watch after the other, as long as nothing fails. Serves collections
 * that are small by nature; remote data goes through the streaming readers instead.
 */
export class ListAndWatch {
  readonly #collection: LocalCollection;
  readonly #connection: LocalConnection;
  readonly #sink: CollectionSink;
  /** Where a watch goes on; undefined = a list is due. */
  #revision: string | undefined;

  constructor(collection: LocalCollection, connection: LocalConnection, sink: CollectionSink) {
    this.#collection = collection;
    this.#connection = connection;
    this.#sink = sink;
  }

  /** Where the next `run` goes on; undefined = it begins with a list. */
  get revision(): string | undefined {
    return this.#revision;
  }

  /** The next `run` begins with a list. */
  forget(): void {
    this.#revision = undefined;
  }

  /**
   * Goes on where the last call broke off. Never resolves.
   * @throws DatastoreError when anything fails: the caller waits and calls again; what it was told stays true till then.
   */
  async run(signal: AbortSignal): Promise<never> {
    const { clock } = this.#connection;
    this.#revision ??= await this.#list(signal);
    for (;;) {
      const started = clock.monotonic();
      await this.#watch(this.#revision, signal);
      const lasted = clock.monotonic() - started;
      // A server that ends each watch at once must not be asked in a tight loop.
      if (lasted < SHORTEST_WATCH_MS) await clock.sleep(SHORTEST_WATCH_MS - lasted, signal);
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { objects, revision } = await listCollection(this.#collection, this.#connection, signal);
    this.#sink.listed(objects, revision);
    return revision;
  }

  #watch(revision: string, signal: AbortSignal): Promise<void> {
    const sink = {
      opened: () => this.#sink.watching(),
      moved: (changes: readonly LocalChange[], after: string) => {
        this.#sink.changed(changes);
        this.#revision = after;
      },
    };
    return watchCollection(this.#collection, { connection: this.#connection, revision, sink }, signal);
  }
}

/** `namespace/name`, or the name alone where there is no namespace. */
export function keyOf(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/**
 * One complete list, then watches one after the other. Tells all objects by `keyOf`: after the list and after each change.
 * Never resolves.
 * @throws DatastoreError when anything fails: a later call begins anew.
 */
export async function listAndWatch(
  collection: LocalCollection,
  connection: LocalConnection,
  onObjects: (objects: ReadonlyMap<string, JsonObject>) => void,
  signal: AbortSignal,
): Promise<never> {
  let objects = new Map<string, JsonObject>();
  const follower = new ListAndWatch(collection, connection, {
    listed: (list) => {
      objects = byKey(list);
      onObjects(objects);
    },
    watching: () => {},
    changed: (changes) => {
      if (changes.length === 0) return;
      for (const change of changes) {
        if (change.op === 'delete') objects.delete(keyOf(change.namespace, change.name));
        else objects.set(keyOfObject(change.object), change.object);
      }
      onObjects(objects);
    },
  });
  return follower.run(signal);
}

/** Objects by `keyOf`. */
export function byKey(objects: readonly JsonObject[]): Map<string, JsonObject> {
  return new Map(objects.map((object) => [keyOfObject(object), object]));
}

function keyOfObject(object: JsonObject): string {
  const { namespace, name } = metadataOf(object);
  return keyOf(stringOf(namespace), stringOf(name));
}
