import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Random } from '../../../runtime/random.ts';
import { type JsonObject, isObject, linesOf, parseObject, protocolError, readJson } from './local-body.ts';
import { statusError, statusObjectError } from '../connection/status-error.ts';
import type { KubeResponse, KubeTransport } from '../connection/transport.ts';

/** A few objects of the local cluster: RCCs, one Secret. Remote data goes through the streaming readers instead. */
export interface LocalResource {
  /** `/apis/crd.projectcalico.org/v1/remoteclusterconfigurations`. */
  readonly path: string;
  /** `metadata.name=x`; '' = all. */
  readonly fieldSelector: string;
  /** For messages: `Secret ns/name`. */
  readonly what: string;
}

export interface LocalConnection {
  readonly transport: KubeTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/** Takes all objects by name: after the complete list and after each change. */
export type LocalObjects = (objects: ReadonlyMap<string, JsonObject>) => void;

const PAGE = 500;
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
/** The API server's own limit for an object is about 1.5 MiB. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;
/** Bookmarks come every minute. */
const IDLE_MS = 150_000;
const SHORTEST_WATCH_MS = 1000;

/**
 * One complete list, then watches one after the other from where the last ended. Never resolves.
 * @throws DatastoreError when anything fails: the caller waits and starts anew; what it was told stays true till then.
 */
export async function listAndWatch(
  resource: LocalResource,
  connection: LocalConnection,
  onObjects: LocalObjects,
  signal: AbortSignal,
): Promise<never> {
  const first = await listLocal(resource, connection.transport, signal);
  const { objects } = first;
  let { revision } = first;
  onObjects(objects);
  for (;;) {
    const started = connection.clock.monotonic();
    const watch = new Watch(resource, connection, objects, revision);
    await watch.run(() => onObjects(objects), signal);
    revision = watch.revision;
    const lasted = connection.clock.monotonic() - started;
    // A server that ends each watch at once must not be asked in a tight loop.
    if (lasted < SHORTEST_WATCH_MS) await connection.clock.sleep(SHORTEST_WATCH_MS - lasted, signal);
  }
}

/** One complete list, by name, with the revision that it is of. @throws DatastoreError */
export async function listLocal(
  resource: LocalResource,
  transport: KubeTransport,
  signal: AbortSignal,
): Promise<{ readonly objects: Map<string, JsonObject>; readonly revision: string }> {
  const what = `list ${resource.what}`;
  const objects = new Map<string, JsonObject>();
  let next = '';
  for (;;) {
    // No resourceVersion: a quorum read, since this list may delete.
    const path = url(resource, { limit: String(PAGE), ...(next !== '' && { continue: next }) });
    const body = await readJson((await ok(transport, path, what, signal)).body, what, MAX_PAGE_BYTES);
    const items = body['items'] ?? [];
    if (!Array.isArray(items)) throw protocolError(`${what}: the answer is not a list`);
    for (const item of items) {
      if (isObject(item)) objects.set(nameOf(item), item);
    }
    const metadata = isObject(body['metadata']) ? body['metadata'] : {};
    next = stringOf(metadata['continue']);
    const revision = stringOf(metadata['resourceVersion']);
    if (revision === '') throw protocolError(`${what}: the answer has no resourceVersion`);
    if (next === '') return { objects, revision };
  }
}

class Watch {
  revision: string;
  readonly #resource: LocalResource;
  readonly #connection: LocalConnection;
  readonly #objects: Map<string, JsonObject>;
  readonly #what: string;

  constructor(
    resource: LocalResource,
    connection: LocalConnection,
    objects: Map<string, JsonObject>,
    revision: string,
  ) {
    this.#resource = resource;
    this.#connection = connection;
    this.#objects = objects;
    this.revision = revision;
    this.#what = `watch ${resource.what}`;
  }

  /** Resolves when the server ends the watch. */
  async run(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { clock, transport, random } = this.#connection;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    const idle = (): void =>
      controller.abort(
        new DatastoreError('retry', 'Timeout', `${this.#what}: nothing came for ${IDLE_MS / 1000} s`),
      );
    let stopTimer = clock.after(IDLE_MS, idle);
    try {
      const path = url(this.#resource, {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: this.revision,
        timeoutSeconds: String(300 + Math.floor(random() * 300)),
      });
      const { body } = await ok(transport, path, this.#what, controller.signal);
      for await (const lines of linesOf(body, this.#what, MAX_EVENT_BYTES)) {
        stopTimer();
        stopTimer = clock.after(IDLE_MS, idle);
        let changed = false;
        for (const line of lines) changed = this.#apply(parseObject(line, this.#what)) || changed;
        if (changed) onChange();
      }
    } finally {
      stopTimer();
      signal.removeEventListener('abort', onAbort);
      controller.abort();
    }
  }

  #apply(event: JsonObject): boolean {
    const object = event['object'];
    if (event['type'] === 'ERROR') throw statusObjectError(object, this.#what);
    if (!isObject(object)) throw protocolError(`${this.#what}: an event has no object`);
    const revision = stringOf(metadataOf(object)['resourceVersion']);
    if (revision !== '') this.revision = revision;
    switch (event['type']) {
      case 'ADDED':
      case 'MODIFIED':
        this.#objects.set(nameOf(object), object);
        return true;
      case 'DELETED':
        return this.#objects.delete(nameOf(object));
      case 'BOOKMARK':
        return false;
      default:
        throw protocolError(`${this.#what}: an event has an unknown type`);
    }
  }
}

/** GET that answers 200. @throws DatastoreError */
async function ok(
  transport: KubeTransport,
  path: string,
  what: string,
  signal: AbortSignal,
): Promise<KubeResponse> {
  const response = await transport.get({ path, signal });
  if (response.status !== 200) throw await statusError(response, what);
  return response;
}

export function metadataOf(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

function nameOf(object: JsonObject): string {
  return stringOf(metadataOf(object)['name']);
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function url(resource: LocalResource, query: Readonly<Record<string, string>>): string {
  const search = new URLSearchParams(query);
  if (resource.fieldSelector !== '') search.set('fieldSelector', resource.fieldSelector);
  return `${resource.path}?${search.toString()}`;
}
