import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { LocalChange, LocalCollection } from '../../../contract/local-api.ts';
import { statusObjectError } from '../connection/status-error.ts';
import { StreamGuard } from '../stream-guard.ts';
import {
  isObject,
  linesOf,
  metadataOf,
  parseObject,
  protocolError,
  stringOf,
  withoutManagedFields,
} from './local-body.ts';
import { type LocalConnection, getCollection } from './local-connection.ts';

/** Takes what one watch brings. */
export interface WatchSink {
  /** The server took the watch. */
  opened(): void;
  /** Changes that arrived together, and where a later watch goes on after them; none for a bookmark. */
  moved(changes: readonly LocalChange[], revision: string): void;
}

/** The API server's own limit for an object is about 1.5 MiB. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** Bookmarks come every minute. */
const IDLE_MS = 150_000;

/** One watch request. Resolves when the server ends it. @throws DatastoreError, or the signal's reason */
export async function watchCollection(
  collection: LocalCollection,
  { connection, revision, sink }: { connection: LocalConnection; revision: string; sink: WatchSink },
  signal: AbortSignal,
): Promise<void> {
  const { transport, clock, random } = connection;
  const what = `watch ${collection.what}`;
  signal.throwIfAborted();
  const guard = new StreamGuard(clock);
  guard.follow(signal);
  // A half-open connection is silent, and so is a server that was restored from a backup until it gets to this revision
  // again: only a new list is right for both.
  guard.idle(
    IDLE_MS,
    () => new DatastoreError('relist', 'Timeout', `${what}: nothing came for ${IDLE_MS / 1000} s`),
  );
  try {
    const params = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: revision,
      timeoutSeconds: String(300 + Math.floor(random() * 300)),
    };
    const { body } = await getCollection(transport, collection, { params, what }, guard.signal);
    sink.opened();
    const reader = new EventReader(what, sink);
    for await (const lines of linesOf(body, what, MAX_EVENT_BYTES)) {
      guard.touch();
      reader.read(lines);
    }
  } catch (error) {
    throw guard.signal.aborted ? guard.signal.reason : error;
  } finally {
    guard.release();
  }
}

class EventReader {
  readonly #what: string;
  readonly #sink: WatchSink;
  #changes: LocalChange[] = [];
  #revision = '';

  constructor(what: string, sink: WatchSink) {
    this.#what = what;
    this.#sink = sink;
  }

  /** What is before a broken event counts. */
  read(lines: readonly string[]): void {
    try {
      for (const line of lines) this.#read(line);
    } finally {
      const changes = this.#changes;
      this.#changes = [];
      if (this.#revision !== '') this.#sink.moved(changes, this.#revision);
    }
  }

  #read(line: string): void {
    const { type, object } = parseObject(line, this.#what);
    if (type === 'ERROR') throw statusObjectError(object, this.#what);
    if (!isObject(object)) throw protocolError(`${this.#what}: an event has no object`);
    const { resourceVersion, namespace, name, uid } = metadataOf(object);
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        this.#changes.push({ op: 'put', object: withoutManagedFields(object) });
        break;
      case 'DELETED':
        this.#changes.push({
          op: 'delete',
          namespace: stringOf(namespace),
          name: stringOf(name),
          uid: stringOf(uid),
        });
        break;
      case 'BOOKMARK':
        break;
      default:
        throw protocolError(`${this.#what}: an event has an unknown type`);
    }
    if (stringOf(resourceVersion) !== '') this.#revision = stringOf(resourceVersion);
  }
}
