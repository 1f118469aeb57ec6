import { DatastoreError } from '../../../contract/datastore-error.ts';
import {
  type LocalApi,
  type LocalCollection,
  type LocalObserver,
  WriteError,
  type WriteOptions,
} from '../../../contract/local-api.ts';
import type { JsonObject } from '../../../model/json-field.ts';
import { printable } from '../../../model/printable.ts';
import { withDeadline } from '../../../runtime/abortable.ts';
import type { KubeResponse, KubeWrite } from '../connection/transport.ts';
import { KubeClient } from '../kube-client.ts';
import { listCollection } from './collection-list.ts';
import { Follower } from './follower.ts';
import { metadataOf, readJson, stringOf } from './local-body.ts';
import type { LocalConnection } from './local-connection.ts';
import { writeFailure, writeStatusError } from './write-error.ts';

const JSON_TYPE = 'application/json';
const MERGE_PATCH_TYPE = 'application/merge-patch+json';
/** The API server's own limit for an object is about 1.5 MiB. */
const MAX_OBJECT_BYTES = 4 * 1024 * 1024;

interface Write extends Pick<KubeWrite, 'method' | 'path' | 'contentType'> {
  readonly content: JsonObject;
  /** For people: `create /api/v1/namespaces/shop/services/web`. */
  readonly what: string;
}

/** The local cluster's API over one shared connection. */
export class KubernetesLocalApi implements LocalApi {
  readonly server: string;
  readonly #connection: LocalConnection;
  readonly #client: KubeClient;

  /**
   * @param connection to the local API; the caller closes its transport.
   * @param requestTimeoutMs how long a `get` may take.
   */
  constructor(connection: LocalConnection, requestTimeoutMs: number) {
    this.server = connection.transport.server;
    this.#connection = connection;
    this.#client = new KubeClient(connection.transport, connection.clock, requestTimeoutMs);
  }

  get(path: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    return this.#client.object(path, signal);
  }

  async list(collection: LocalCollection, signal: AbortSignal): Promise<readonly JsonObject[]> {
    return (await listCollection(collection, this.#connection, signal)).objects;
  }

  follow(collection: LocalCollection, observer: LocalObserver, signal: AbortSignal): Promise<void> {
    return new Follower(this.#connection, collection, observer).run(signal);
  }

  create(path: string, object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const name = printable(stringOf(metadataOf(object)['name']));
    const what = `create ${path}${name === '' ? '' : `/${name}`}`;
    return this.#change({ method: 'POST', path, content: object, contentType: JSON_TYPE, what }, options);
  }

  replace(path: string, object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const what = `replace ${path}`;
    return this.#change({ method: 'PUT', path, content: object, contentType: JSON_TYPE, what }, options);
  }

  merge(path: string, patch: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const what = `patch ${path}`;
    return this.#change(
      { method: 'PATCH', path, content: patch, contentType: MERGE_PATCH_TYPE, what },
      options,
    );
  }

  async remove(
    path: string,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
    options: WriteOptions,
  ): Promise<void> {
    const content = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
    const what = `delete ${path}`;
    await this.#change({ method: 'DELETE', path, content, contentType: JSON_TYPE, what }, options);
  }

  async #change(write: Write, { signal, timeoutMs }: WriteOptions): Promise<JsonObject> {
    const { clock } = this.#connection;
    const exceeded = (): Error =>
      new WriteError('failed', `${write.what}: no answer within ${timeoutMs} ms; it may have been done`);
    signal.throwIfAborted();
    if (timeoutMs <= 0) throw new WriteError('failed', `${write.what}: not sent, there is no time left`);
    try {
      return await withDeadline({ clock, ms: timeoutMs, exceeded }, signal, async (bounded) =>
        acceptedObject(await this.#send(write, bounded), write.what),
      );
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof DatastoreError ? writeFailure(error, write.what) : error;
    }
  }

  #send({ method, path, contentType, content }: Write, signal: AbortSignal): Promise<KubeResponse> {
    const { transport } = this.#connection;
    return transport.send({ method, path, contentType, body: JSON.stringify(content), signal });
  }
}

async function acceptedObject(response: KubeResponse, what: string): Promise<JsonObject> {
  const { status } = response;
  if (status < 200 || status > 299) throw await writeStatusError(response, what);
  return readJson(response.body, what, MAX_OBJECT_BYTES);
}
