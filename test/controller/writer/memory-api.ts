import { DatastoreError } from '../../../src/contract/datastore-error.ts';
import {
  type LocalApi,
  type LocalChange,
  type LocalCollection,
  WriteError,
  type WriteOptions,
  type WriteProblem,
} from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import type { Clock } from '../../../src/runtime/clock.ts';

/** What happens to one request. */
export interface Fault {
  /** How long till the answer; the write is done at half of it. */
  readonly latencyMs?: number;
  /** It is refused: nothing is done. */
  readonly problem?: WriteProblem;
  readonly retryAfterMs?: number;
  /** It is done, but the answer does not come. */
  readonly lost?: boolean;
}

export interface Request {
  readonly verb: 'get' | 'create' | 'merge' | 'remove';
  readonly path: string;
  readonly at: number;
  readonly options: WriteOptions | undefined;
  /** The precondition: what the caller believes to be there. */
  readonly precondition: string | undefined;
}

interface Meta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export function metaOf(object: JsonObject): Meta {
  return object['metadata'] as Meta;
}

/** An API server of one collection of EndpointSlices per namespace, with faults by request. */
export class MemoryApi implements LocalApi {
  readonly server = 'memory';
  readonly objects = new Map<string, JsonObject>();
  readonly requests: Request[] = [];
  readonly terminating = new Set<string>();
  inFlight = 0;
  onRequest: (request: Request) => void = () => undefined;
  onChange: (change: LocalChange) => void = () => undefined;
  fault: (request: Request) => Fault = () => ({});
  readonly #clock: Clock;
  #version = 100;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get writes(): readonly Request[] {
    return this.requests.filter(({ verb }) => verb !== 'get');
  }

  async get(path: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    try {
      return await this.#request(
        { verb: 'get', path, precondition: undefined },
        { signal, timeoutMs: 1e9 },
        () => this.objects.get(path),
      );
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      const { retryAfterMs } = error;
      throw new DatastoreError('retry', 'Unreachable', error.message, { retryAfterMs });
    }
  }

  list(collection: LocalCollection): Promise<readonly JsonObject[]> {
    const inside = [...this.objects].filter(([path]) => path.startsWith(collection.path));
    return Promise.resolve(inside.map(([, object]) => object));
  }

  follow(): Promise<void> {
    throw new Error('not part of this server');
  }

  create(path: string, object: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const { name, resourceVersion } = metaOf(object);
    const at = `${path}/${name}`;
    const precondition = resourceVersion === undefined ? 'absent' : undefined;
    return this.#request({ verb: 'create', path: at, precondition }, options, () => {
      if (this.objects.has(at)) throw new WriteError('exists', `create ${at}: exists`);
      const namespace = path.split('/').at(-2) ?? '';
      if (this.terminating.has(namespace)) throw new WriteError('terminating', `create ${at}: terminating`);
      return this.put(at, {
        ...object,
        metadata: { ...metaOf(object), namespace, uid: `uid-${++this.#version}` },
      });
    });
  }

  replace(): Promise<JsonObject> {
    throw new Error('not part of this server');
  }

  merge(path: string, patch: JsonObject, options: WriteOptions): Promise<JsonObject> {
    const { uid, resourceVersion } = metaOf(patch);
    return this.#request({ verb: 'merge', path, precondition: resourceVersion }, options, () => {
      const present = this.#present(path);
      const meta = metaOf(present);
      if (meta.resourceVersion !== resourceVersion || (uid ?? meta.uid) !== meta.uid) {
        throw new WriteError('conflict', `patch ${path}: conflict`);
      }
      return this.put(path, merged(present, patch) as JsonObject);
    });
  }

  remove(
    path: string,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
    options: WriteOptions,
  ): Promise<void> {
    const { uid, resourceVersion } = preconditions;
    return this.#request({ verb: 'remove', path, precondition: resourceVersion ?? uid }, options, () => {
      const meta = metaOf(this.#present(path));
      if (meta.uid !== uid || (resourceVersion ?? meta.resourceVersion) !== meta.resourceVersion) {
        throw new WriteError('conflict', `delete ${path}: conflict`);
      }
      this.delete(path);
    });
  }

  /** As anybody would. */
  put(path: string, object: JsonObject): JsonObject {
    const stored = { ...object, metadata: { ...metaOf(object), resourceVersion: String(++this.#version) } };
    this.objects.set(path, stored);
    this.onChange({ op: 'put', object: stored });
    return stored;
  }

  delete(path: string): void {
    const object = this.objects.get(path);
    if (object === undefined) return;
    this.#version++;
    this.objects.delete(path);
    const { namespace, name, uid } = metaOf(object);
    this.onChange({ op: 'delete', namespace, name, uid });
  }

  #present(path: string): JsonObject {
    const present = this.objects.get(path);
    if (present === undefined) throw new WriteError('not-found', `${path}: not found`);
    return present;
  }

  async #request<T>(
    about: Pick<Request, 'verb' | 'path' | 'precondition'>,
    options: WriteOptions,
    perform: () => T,
  ): Promise<T> {
    options.signal.throwIfAborted();
    const request = { ...about, at: this.#clock.monotonic(), options };
    this.requests.push(request);
    this.inFlight++;
    try {
      this.onRequest(request);
      return await this.#answer(request, this.fault(request), perform);
    } finally {
      this.inFlight--;
    }
  }

  async #answer<T>(request: Request & { options: WriteOptions }, fault: Fault, perform: () => T): Promise<T> {
    const { latencyMs = 1, problem, retryAfterMs, lost = false } = fault;
    const { signal, timeoutMs } = request.options;
    const refusal =
      problem && new WriteError(problem, `${request.verb} ${request.path}: ${problem}`, retryAfterMs);
    const done = this.#perform(latencyMs / 2, perform, refusal);
    await this.#clock.sleep(Math.min(latencyMs, timeoutMs), signal);
    if (latencyMs > timeoutMs) throw new WriteError('failed', `${request.path}: timeout`);
    const outcome = await done;
    if (lost) throw new WriteError('failed', `${request.path}: connection lost`);
    return outcome();
  }

  /** Done even where nobody waits for it any more. */
  async #perform<T>(ms: number, perform: () => T, refusal: WriteError | undefined): Promise<() => T> {
    await this.#clock.sleep(ms, new AbortController().signal);
    try {
      if (refusal) throw refusal;
      const value = perform();
      return () => value;
    } catch (error) {
      return () => {
        throw error as Error;
      };
    }
  }
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
