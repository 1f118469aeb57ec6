import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { prepareLocalKubernetes } from '../../../src/adapters/kubernetes/connection/connect.ts';
import { KubernetesLocalApi } from '../../../src/adapters/kubernetes/local/local-api.ts';
import {
  type LocalApi,
  type LocalChange,
  type LocalCollection,
  type LocalObserver,
  WriteError,
  type WriteOptions,
} from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until, within } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { options } from './fixtures.ts';

/** What a follower says, and what follows from it. */
export class Followed implements LocalObserver {
  /** Names by `namespace/name`, each with its resourceVersion. */
  readonly objects = new Map<string, string>();
  readonly changes: LocalChange[] = [];
  readonly failures: string[] = [];
  lists = 0;
  /** How often it was said that something failed is followed again. */
  returns = 0;
  onChanged: () => void = () => {};

  listed(objects: readonly JsonObject[]): void {
    this.lists++;
    this.objects.clear();
    for (const object of objects) this.#put(object);
  }

  changed(changes: readonly LocalChange[]): void {
    this.onChanged();
    if (changes.length === 0) this.returns++;
    for (const change of changes) {
      this.changes.push(change);
      if (change.op === 'put') this.#put(change.object);
      else this.objects.delete(`${change.namespace}/${change.name}`);
    }
  }

  failed(message: string): void {
    this.failures.push(message);
  }

  get names(): string {
    return [...this.objects.keys()].sort().join(' ');
  }

  #put(object: JsonObject): void {
    const { namespace, name, resourceVersion } = object['metadata'] as Record<string, string>;
    this.objects.set(`${namespace}/${name}`, resourceVersion ?? '');
  }
}

/** A `follow` that runs until it is disposed. */
export class Following implements AsyncDisposable {
  readonly seen = new Followed();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(api: LocalApi, collection: LocalCollection) {
    this.#done = api.follow(collection, this.seen, this.#stop.signal);
  }

  async holds(names: string): Promise<void> {
    await until(`${names} is known`, () => this.seen.names === names, { timeoutMs: 30_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await within('follow ends', this.#done);
  }
}

export interface OpenApi extends AsyncDisposable {
  readonly api: KubernetesLocalApi;
}

/** The API of a real server; `port` is that of a relay in front of it. */
export async function openApi(
  server: KubeApiserver,
  more: { readonly user?: string; readonly token?: string; readonly port?: number } = {},
): Promise<OpenApi> {
  const { user = 'admin', token = server.token(user), port } = more;
  const file = await server.kubeconfigFile(user, token);
  const text = server.kubeconfig(user, token);
  const path = `${file}-${token}-${port ?? 'direct'}`;
  await writeFile(path, port === undefined ? text : text.replace(server.url, `https://127.0.0.1:${port}`));
  const transport = (await prepareLocalKubernetes(path, options)).openTransport();
  const connection = { transport, clock: systemClock, random: systemRandom };
  return {
    api: new KubernetesLocalApi(connection, options.requestTimeoutMs),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

export function soon(): AbortSignal {
  return AbortSignal.timeout(20_000);
}

/** Time enough for a write. */
export function patient(): WriteOptions {
  return { signal: soon(), timeoutMs: 15_000 };
}

/** The WriteError that the work rejects with; anything else fails the test. */
export async function refusal(work: Promise<unknown>): Promise<WriteError> {
  const outcome = await within('a refusal', Promise.allSettled([work]), 20_000);
  const [result] = outcome;
  assert.ok(result.status === 'rejected', 'it did not fail');
  if (!(result.reason instanceof WriteError)) throw result.reason;
  return result.reason;
}

export const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

export function slicesPath(namespace: string, name = ''): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices${name === '' ? '' : `/${name}`}`;
}

export function slice(
  name: string,
  labels: Record<string, string> = {},
  addresses: readonly string[] = ['10.1.0.1'],
): JsonObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

export function metaOf(object: JsonObject): { readonly uid: string; readonly resourceVersion: string } {
  return object['metadata'] as { uid: string; resourceVersion: string };
}
