import {
  type LocalApi,
  type LocalCollection,
  type WriteOptions,
  WriteError,
} from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import type { Clock } from '../../../src/runtime/clock.ts';

type Json = Record<string, unknown>;
type Metadata = Json & {
  name: string;
  uid: string;
  resourceVersion: string;
  labels?: Record<string, string>;
};

/** How long the way to the server takes, and the way back; undefined = lost. */
export type Delay = () => number | undefined;

/** Objects by path with resourceVersions and UIDs, as an API server keeps them. Clients reach it over a network with delays. */
export class SimulatedServer {
  readonly objects = new Map<string, Json>();
  /** Every request that was carried out. */
  readonly log: string[] = [];
  /** Answers a request instead of the store, or does something just before; undefined = as usual. */
  intercept: ((verb: string, path: string) => WriteError | undefined) | undefined;
  readonly #clock: Clock;
  #revision = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  client(there: Delay = () => 0, back: Delay = () => 0): LocalApi {
    const send = <T>(work: () => T, signal: AbortSignal, timeoutMs?: number): Promise<T> =>
      this.#carry(work, { there, back, signal, timeoutMs });
    return {
      server: 'https://simulated',
      get: (path, signal) => send(() => this.#get(path), signal),
      list: (collection, signal) => send(() => this.#list(collection), signal),
      follow: () => Promise.reject(new Error('not simulated')),
      create: (path, object, options) => write(send, options, () => this.#create(path, object)),
      replace: (path, object, options) => write(send, options, () => this.#replace(path, object)),
      merge: (path, patch, options) => write(send, options, () => this.#merge(path, patch)),
      remove: (path, { uid }, options) => write(send, options, () => this.#remove(path, uid)),
    };
  }

  /** What a person with kubectl does. */
  put(path: string, object: JsonObject): void {
    const metadata = { ...(object['metadata'] as Json), uid: `uid-${++this.#revision}`, resourceVersion: '' };
    metadata.resourceVersion = String(this.#revision);
    this.objects.set(path, { ...object, metadata });
  }

  #get(path: string): JsonObject | undefined {
    this.#count('get', path);
    return structuredClone(this.objects.get(path));
  }

  #list({ path, labelSelector = '' }: LocalCollection): readonly JsonObject[] {
    this.#count('list', path);
    const [key = '', value = ''] = labelSelector.split('=');
    const kind = path.slice(path.lastIndexOf('/') + 1);
    return [...this.objects]
      .filter(([at, object]) => at.split('/').at(-2) === kind && metadataOf(object).labels?.[key] === value)
      .map(([, object]) => structuredClone(object));
  }

  #create(path: string, object: JsonObject): JsonObject {
    const at = `${path}/${metadataOf(object).name}`;
    this.#count('create', at);
    if (this.objects.has(at)) throw new WriteError('exists', `${at} exists`);
    this.put(at, structuredClone(object));
    return structuredClone(this.objects.get(at) ?? {});
  }

  #replace(path: string, object: JsonObject): JsonObject {
    this.#count('replace', path);
    const old = this.#existing(path, metadataOf(object).resourceVersion);
    return this.#store(path, {
      ...structuredClone(object),
      metadata: { ...metadataOf(old), ...metadataOf(object) },
    });
  }

  #merge(path: string, patch: JsonObject): JsonObject {
    this.#count('merge', path);
    const old = this.#existing(path, (patch['metadata'] as Metadata | undefined)?.resourceVersion);
    return this.#store(path, merged(old, patch) as Json);
  }

  #remove(path: string, uid: string): void {
    this.#count('remove', path);
    const old = this.#existing(path, undefined);
    if (metadataOf(old).uid !== uid) throw new WriteError('conflict', `${path} has another UID`);
    this.objects.delete(path);
  }

  #existing(path: string, resourceVersion: string | undefined): Json {
    const old = this.objects.get(path);
    if (old === undefined) throw new WriteError('not-found', `${path} is not there`);
    const given = resourceVersion !== undefined && resourceVersion !== '';
    if (given && metadataOf(old).resourceVersion !== resourceVersion) {
      throw new WriteError('conflict', `${path} has another resourceVersion`);
    }
    return old;
  }

  #store(path: string, object: Json): JsonObject {
    metadataOf(object).resourceVersion = String(++this.#revision);
    this.objects.set(path, object);
    return structuredClone(object);
  }

  #count(verb: string, path: string): void {
    const refusal = this.intercept?.(verb, path);
    this.log.push(`${verb} ${path}`);
    if (refusal !== undefined) throw refusal;
  }

  /** The request is carried out when it arrives, even if nobody waits for the answer any more. */
  async #carry<T>(
    work: () => T,
    way: { there: Delay; back: Delay; signal: AbortSignal; timeoutMs: number | undefined },
  ): Promise<T> {
    const { signal, timeoutMs } = way;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    const late = (): void => reject(new WriteError('failed', 'no answer in time'));
    const stopTimer = timeoutMs === undefined ? (): void => {} : this.#clock.after(timeoutMs, late);
    this.#after(way.there(), () => {
      const outcome = attempt(work);
      this.#after(way.back(), () => ('error' in outcome ? reject(outcome.error) : resolve(outcome.value)));
    });
    try {
      return await promise;
    } finally {
      stopTimer();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #after(ms: number | undefined, run: () => void): void {
    if (ms === 0) run();
    else if (ms !== undefined) this.#clock.after(ms, run);
  }
}

type Send = <T>(work: () => T, signal: AbortSignal, timeoutMs?: number) => Promise<T>;

function write<T>(send: Send, { signal, timeoutMs }: WriteOptions, work: () => T): Promise<T> {
  return send(work, signal, timeoutMs);
}

function attempt<T>(work: () => T): { value: T } | { error: Error } {
  try {
    return { value: work() };
  } catch (error) {
    return { error: error as Error };
  }
}

function metadataOf(object: JsonObject): Metadata {
  return object['metadata'] as Metadata;
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Json = { ...(typeof target === 'object' ? (target as Json) : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}
