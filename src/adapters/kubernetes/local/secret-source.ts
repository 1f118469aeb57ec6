import { Buffer } from 'node:buffer';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { SecretSnapshot, SecretSource } from '../../../contract/rcc-source.ts';
import type { JsonObject } from '../../../model/json-field.ts';
import type { SecretName } from '../../../model/rcc.ts';
import { Backoff } from '../../../runtime/backoff.ts';
import { keyOf, listAndWatch } from './list-and-watch.ts';
import { isObject } from './local-body.ts';
import type { LocalConnection } from './local-connection.ts';
import { retryDelay } from './retry-delay.ts';

/** One Secret that is watched, for everybody who asked for it. */
interface Shared {
  readonly listeners: Set<(secret: SecretSnapshot) => void>;
  readonly stop: AbortController;
  last: SecretSnapshot | undefined;
}

/**
 * Secrets of the local cluster, each by one list and watch of its own with a `metadata.name` selector: RBAC then
 * needs only `resourceNames`, and no other Secret enters this process. Several watchers of one Secret share it.
 */
export class KubernetesSecretSource implements SecretSource {
  readonly #connection: LocalConnection;
  readonly #shared = new Map<string, Shared>();

  /** @param connection to the local API; the caller closes its transport. */
  constructor(connection: LocalConnection) {
    this.#connection = connection;
  }

  async watch(
    name: SecretName,
    onChange: (secret: SecretSnapshot) => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    // A function of its own, so that one listener given twice is two watchers.
    const listener = (secret: SecretSnapshot): void => onChange(secret);
    const shared = this.#join(name, listener);
    if (shared.last !== undefined) listener(shared.last);
    await promise;
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    shared.stop.abort();
    const key = keyOf(name.namespace, name.name);
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
  }

  #join(name: SecretName, listener: (secret: SecretSnapshot) => void): Shared {
    const key = keyOf(name.namespace, name.name);
    const existing = this.#shared.get(key);
    if (existing !== undefined && !existing.stop.signal.aborted) {
      existing.listeners.add(listener);
      return existing;
    }
    const shared: Shared = {
      listeners: new Set([listener]),
      stop: new AbortController(),
      last: undefined,
    };
    this.#shared.set(key, shared);
    void this.#follow(name, shared);
    return shared;
  }

  /** Until nobody listens any more. Never rejects. */
  async #follow(name: SecretName, shared: Shared): Promise<void> {
    const { clock, random } = this.#connection;
    const { signal } = shared.stop;
    const backoff = new Backoff({ firstMs: 1000, maxMs: 30_000, random });
    const tell = (secret: SecretSnapshot): void => {
      shared.last = secret;
      for (const listener of shared.listeners) listener(secret);
    };
    const key = keyOf(name.namespace, name.name);
    const collection = {
      path: `/api/v1/namespaces/${encodeURIComponent(name.namespace)}/secrets`,
      fieldSelector: `metadata.name=${name.name}`,
      what: `Secret ${key}`,
    };
    while (!signal.aborted) {
      const started = clock.monotonic();
      try {
        await listAndWatch(
          collection,
          this.#connection,
          (objects) => tell(snapshotOf(objects.get(key))),
          signal,
        );
      } catch (error) {
        if (signal.aborted) return;
        if (clock.monotonic() - started > STEADY_MS) backoff.reset();
        const failure = asDatastoreError(error, collection.what);
        const failed = failureOf(failure, shared.last);
        if (failed !== undefined) tell(failed);
        await clock.sleep(retryDelay(failure, backoff, random), signal).catch(() => {});
      }
    }
  }
}

/** A list and watch that lasted so long was a success, whatever ended it. */
const STEADY_MS = 30_000;

/** A failure that passes is told only to who knows nothing yet; a permission that was withdrawn is told always. */
function failureOf(error: DatastoreError, last: SecretSnapshot | undefined): SecretSnapshot | undefined {
  const { message } = error;
  if (error.reaction === 'forbidden') return { state: 'forbidden', message };
  const known = last?.state === 'found' || last?.state === 'missing';
  return known ? undefined : { state: 'failed', message };
}

function snapshotOf(secret: JsonObject | undefined): SecretSnapshot {
  if (secret === undefined) return { state: 'missing' };
  const data = isObject(secret['data']) ? secret['data'] : {};
  const texts = Object.entries(data).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '',
  ]);
  return { state: 'found', data: Object.fromEntries(texts) };
}

function asDatastoreError(error: unknown, what: string): DatastoreError {
  if (error instanceof DatastoreError) return error;
  return new DatastoreError('retry', 'ProtocolError', `reading ${what} failed`, { cause: error });
}
