import type { DatastoreOptions } from '../../contract/adapter.ts';
import type { Datastore, ListOutcome, StreamRequest } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { Resource } from '../../model/kind.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { CalicoCollections } from './calico-collections.ts';
import { CalicoGroup } from './calico-group.ts';
import { Collection, type ReaderContext, type ReaderTuning } from './collection.ts';
import { namespaceKind, podKind, serviceAccountKind, serviceKind } from './core-kinds.ts';
import { KubeClient } from './kube-client.ts';
import { type ObjectDecoder, objectDecoder } from './object-decoder.ts';
import { SharedValues } from './wire/proto-meta.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { SliceCollections } from './slice-collections.ts';
import type { KubeTransport } from './connection/transport.ts';

/** Services only: the Kubernetes part of a cluster whose Calico data is in etcd. */
export const SERVICE_RESOURCES: readonly Resource[] = ['services', 'endpointslices'];
/** Everything of a cluster that keeps Calico's data in the Kubernetes API. */
export const ALL_RESOURCES: readonly Resource[] = [
  'clusterinformations',
  'ippools',
  'profiles.namespaces',
  'profiles.serviceaccounts',
  'hostendpoints',
  'workloadendpoints',
  ...SERVICE_RESOURCES,
];

export interface KubernetesDatastoreOptions {
  readonly transport: KubeTransport;
  readonly resources: readonly Resource[];
  readonly options: DatastoreOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly tuning: ReaderTuning;
  /** What it shares with others; without it, nothing. */
  readonly shared?: SharedValues;
}

/** How one resource is read. */
interface ResourceReader {
  list(request: StreamRequest): Promise<ListOutcome>;
  watch(request: StreamRequest & { readonly revision: string }): Promise<void>;
  /** What a preflight looks at; undefined where the API is not there and need not be. */
  collection(signal: AbortSignal): Promise<Collection | undefined>;
}

/** The objects of one Kubernetes API server, as the model has them. */
export class KubernetesDatastore implements Datastore {
  readonly type = 'kubernetes';
  readonly resources: readonly Resource[];
  readonly #transport: KubeTransport;
  readonly #client: KubeClient;
  readonly #group: CalicoGroup;
  readonly #readers: ReadonlyMap<Resource, ResourceReader>;
  readonly #lifetime = new AbortController();

  constructor(parts: KubernetesDatastoreOptions) {
    const { transport, resources, options, clock, random, tuning } = parts;
    this.resources = resources;
    this.#transport = transport;
    const client = new KubeClient(transport, clock, options.requestTimeoutMs);
    const lifetime = this.#lifetime.signal;
    const life = new SignsOfLife({ transport, client, clock, silenceMs: tuning.silenceMs, signal: lifetime });
    const context: ReaderContext = { transport, client, life, clock, random, options, tuning, lifetime };
    this.#client = client;
    this.#group = new CalicoGroup(context);
    this.#readers = readersOf(resources, context, this.#group, parts.shared ?? new SharedValues());
  }

  async identify(signal: AbortSignal): Promise<readonly string[]> {
    const identities: string[] = [];
    const uid = await this.#readable(() => this.#client.object('/api/v1/namespaces/kube-system', signal));
    const metadata = (uid?.['metadata'] ?? {}) as JsonObject;
    if (typeof metadata['uid'] === 'string' && metadata['uid'] !== '') {
      identities.push(`kubernetes:${metadata['uid']}`);
    }
    if (this.resources.includes('clusterinformations')) {
      await this.#readable(() => this.#group.look(signal));
      if (this.#group.guid !== '') identities.push(`calico:${this.#group.guid}`);
    }
    return identities;
  }

  list(request: StreamRequest): Promise<ListOutcome> {
    return this.#reader(request.resource).list(request);
  }

  watch(request: StreamRequest & { readonly revision: string }): Promise<void> {
    return this.#reader(request.resource).watch(request);
  }

  /** What a preflight looks at; undefined where the API is not there and need not be. */
  collection(resource: Resource, signal: AbortSignal): Promise<Collection | undefined> {
    return this.#reader(resource).collection(signal);
  }

  async close(): Promise<void> {
    if (!this.#lifetime.signal.aborted) {
      this.#lifetime.abort(new DatastoreError('retry', 'Unreachable', 'the connection was closed'));
    }
    await this.#transport.close();
  }

  #reader(resource: Resource): ResourceReader {
    const reader = this.#readers.get(resource);
    if (reader === undefined) throw new Error(`a Kubernetes datastore has no ${resource}`);
    return reader;
  }

  /** What may not be read is left out. */
  async #readable<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof DatastoreError && error.reaction === 'forbidden') return undefined;
      throw error;
    }
  }
}

function readersOf(
  resources: readonly Resource[],
  context: ReaderContext,
  group: CalicoGroup,
  shared: SharedValues,
): Map<Resource, ResourceReader> {
  const excluded = new Set(context.options.excludeNamespaces);
  const core = (path: string, objects: ObjectDecoder): ResourceReader =>
    coreReader(new Collection(context, path, objects));
  const makers: Record<Resource, (() => ResourceReader) | undefined> = {
    workloadendpoints: () => core('/api/v1/pods', objectDecoder(podKind(shared), excluded)),
    'profiles.namespaces': () => core('/api/v1/namespaces', objectDecoder(namespaceKind(shared), excluded)),
    'profiles.serviceaccounts': () =>
      core('/api/v1/serviceaccounts', objectDecoder(serviceAccountKind(shared), excluded)),
    services: () => core('/api/v1/services', objectDecoder(serviceKind(shared), excluded)),
    endpointslices: () => new SliceCollections(context, shared, excluded),
    hostendpoints: () => new CalicoCollections('hostendpoints', context, group),
    ippools: () => new CalicoCollections('ippools', context, group),
    clusterinformations: () => new CalicoCollections('clusterinformations', context, group),
    profiles: undefined,
  };
  const readers = new Map<Resource, ResourceReader>();
  for (const resource of resources) {
    const reader = makers[resource]?.();
    if (reader !== undefined) readers.set(resource, reader);
  }
  return readers;
}

function coreReader(collection: Collection): ResourceReader {
  return {
    list: async ({ sink, signal }) => (await collection.list(sink, signal)).outcome,
    watch: ({ sink, signal, revision }) => collection.watch(sink, revision, signal),
    collection: () => Promise.resolve(collection),
  };
}
