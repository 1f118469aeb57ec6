import type { TestContext } from 'node:test';
import { EtcdAdapter } from '../../../src/adapters/etcdv3/adapter.ts';
import type { DatastoreOptions, PreparedDatastore } from '../../../src/contract/adapter.ts';
import { DatastoreError } from '../../../src/contract/datastore-error.ts';
import type { Datastore, StreamSink } from '../../../src/contract/datastore.ts';
import type { Delta } from '../../../src/model/delta.ts';
import type { Entry } from '../../../src/model/objects.ts';
import type { Resource } from '../../../src/model/kind.ts';
import type { EtcdAccess } from '../../../src/model/rcc.ts';
import { workloadEndpointName } from '../../../src/model/workload-endpoint-name.ts';
import { until } from '../../rig/deadline.ts';

export const ROOT = '/calico/resources/v3/projectcalico.org/';

export const options: DatastoreOptions = {
  connectTimeoutMs: 2000,
  requestTimeoutMs: 3000,
  maxObjectBytes: 1 << 20,
  excludeNamespaces: [],
};

export function accessOf(endpoints: readonly string[], fields: Partial<EtcdAccess> = {}): EtcdAccess {
  return {
    username: '',
    password: '',
    keyFile: '',
    certFile: '',
    caCertFile: '',
    key: '',
    cert: '',
    caCert: '',
    endpoints,
    ...fields,
  };
}

export function prepare(
  etcd: EtcdAccess,
  overrides: Partial<DatastoreOptions> = {},
): Promise<PreparedDatastore> {
  return new EtcdAdapter().prepare(
    {
      datastoreType: 'etcdv3',
      etcd,
      kubernetes: undefined,
      directory: undefined,
      overlayRoutingMode: 'Disabled',
    },
    { ...options, ...overrides },
  );
}

/** A datastore that is closed with the test. */
export async function open(
  test: TestContext,
  etcd: EtcdAccess,
  overrides: Partial<DatastoreOptions> = {},
): Promise<Datastore> {
  const datastore = (await prepare(etcd, overrides)).open();
  test.after(() => datastore.close());
  return datastore;
}

/** `pod` may hold a number for a unique address. */
export function wepKey(namespace: string, pod: string): string {
  const name = workloadEndpointName({ node: 'node-1', orchestrator: 'k8s', workload: pod, endpoint: 'eth0' });
  return `${ROOT}workloadendpoints/${namespace}/${name}`;
}

export function wepValue(namespace: string, pod: string, address = '10.0.0.1'): string {
  return JSON.stringify({
    kind: 'WorkloadEndpoint',
    apiVersion: 'projectcalico.org/v3',
    metadata: {
      name: wepKey(namespace, pod).split('/').at(-1),
      namespace,
      uid: '1d0a1e0c-7b52-4b36-8b61-6d52c1c4d7d1',
      creationTimestamp: '2026-01-02T03:04:05Z',
      labels: { app: pod },
    },
    spec: {
      orchestrator: 'k8s',
      node: 'node-1',
      pod,
      endpoint: 'eth0',
      serviceAccountName: 'default',
      ipNetworks: [`${address}/32`],
      profiles: [`kns.${namespace}`],
      interfaceName: 'cali123',
    },
  });
}

export function clusterInformation(clusterGUID: string): string {
  return JSON.stringify({
    kind: 'ClusterInformation',
    apiVersion: 'projectcalico.org/v3',
    metadata: { name: 'default' },
    spec: { clusterGUID, datastoreReady: true },
  });
}

/** Keeps what a reflector would: the objects by key, with the last revision that is safe to resume from. */
export class Recorder implements StreamSink {
  readonly objects = new Map<string, Entry>();
  readonly batches: number[] = [];
  readonly skipped: { readonly where: string; readonly reason: string; readonly known: boolean }[] = [];
  revision = '';
  contacts = 0;
  puts = 0;
  deletes = 0;
  #seen: Set<string> | undefined;

  apply(deltas: readonly Delta[]): void {
    this.batches.push(deltas.length);
    for (const delta of deltas) this.#take(delta);
  }

  progress(revision: string): void {
    this.revision = revision;
  }

  contact(): void {
    this.contacts++;
  }

  /** As the store does it: only a complete list deletes. */
  async list(datastore: Datastore, resource: Resource, signal: AbortSignal): Promise<void> {
    this.#seen = new Set();
    const notOlderThan = this.revision === '' ? undefined : this.revision;
    const outcome = await datastore.list({ resource, sink: this, signal, notOlderThan });
    for (const key of this.objects.keys()) if (!this.#seen.has(key)) this.objects.delete(key);
    this.#seen = undefined;
    this.revision = outcome.revision;
  }

  #take(delta: Delta): void {
    switch (delta.op) {
      case 'put': {
        this.puts++;
        this.objects.set(keyText(delta.entry), delta.entry);
        this.#seen?.add(keyText(delta.entry));
        return;
      }
      case 'delete':
        this.deletes++;
        this.objects.delete(keyText(delta.key));
        return;
      case 'exclude':
        this.objects.delete(keyText(delta.id));
        return;
      case 'skip':
        this.skipped.push({ where: delta.where, reason: delta.reason, known: delta.id !== undefined });
        if (delta.id !== undefined) this.#seen?.add(keyText(delta.id));
    }
  }

  /** The pods (or names) that are known, sorted. */
  get names(): readonly string[] {
    return [...this.objects.keys()].sort();
  }
}

function keyText(
  key: { readonly namespace: string } & ({ readonly workload: string } | { readonly name: string }),
): string {
  return `${key.namespace}/${'workload' in key ? key.workload : key.name}`;
}

/** Lists and watches like the reflector, without its back-off; counts what it went through. */
export class Follower {
  readonly recorder = new Recorder();
  lists = 0;
  errors: unknown[] = [];
  readonly #datastore: Datastore;
  readonly #resource: Resource;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(test: TestContext, datastore: Datastore, resource: Resource = 'workloadendpoints') {
    this.#datastore = datastore;
    this.#resource = resource;
    this.#running = this.#run();
    test.after(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let list = true;
    while (!signal.aborted) {
      try {
        if (list) {
          await this.recorder.list(this.#datastore, this.#resource, signal);
          this.lists++;
          list = false;
        }
        const { revision } = this.recorder;
        await this.#datastore.watch({ resource: this.#resource, sink: this.recorder, signal, revision });
      } catch (error) {
        if (signal.aborted) return;
        this.errors.push(error);
        if (error instanceof DatastoreError && error.reaction === 'relist') list = true;
        else await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async holds(names: readonly string[], timeoutMs = 10_000): Promise<void> {
    const wanted = [...names].sort().join(' ');
    const description = `the follower holds ${names.length} objects`;
    await until(description, () => this.recorder.names.join(' ') === wanted, { timeoutMs, everyMs: 10 });
  }
}

/** Asserts that a promise rejects with a DatastoreError, and returns it. */
export async function datastoreError(promise: Promise<unknown>): Promise<DatastoreError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof DatastoreError) return error;
    throw error;
  }
  throw new Error('it did not reject');
}
