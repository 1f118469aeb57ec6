import type { Adapter, PreparedDatastore } from '../../src/contract/adapter.ts';
import { DatastoreError } from '../../src/contract/datastore-error.ts';
import type { DaemonEvent } from '../../src/contract/event.ts';
import type { Lister } from '../../src/contract/lister.ts';
import type { RccSnapshot, RccSource, SecretSnapshot, SecretSource } from '../../src/contract/rcc-source.ts';
import type { Resource } from '../../src/model/kind.ts';
import type { ClusterAccess, RccDocument, SecretName } from '../../src/model/rcc.ts';
import { ClusterManager } from '../../src/sync/cluster-manager.ts';
import { FakeClock, turn } from './fake-clock.ts';
import { FakeDatastore, FakeSource } from './fake-datastore.ts';
import { ModelReplicas } from './fake-replica.ts';
import { engineContext } from './engine-context.ts';

/** Remote clusters by the address that RCCs give (`spec.etcdEndpoints`). */
export class FakeRemotes implements Adapter {
  readonly type = 'etcdv3';
  readonly sources = new Map<string, Map<Resource, FakeSource>>();
  readonly opened: FakeDatastore[] = [];
  /** Called with each datastore that is opened, before it is used. */
  onOpen: (address: string, datastore: FakeDatastore) => void = () => undefined;

  source(address: string, resource: Resource = 'ippools'): FakeSource {
    const resources = this.sources.get(address) ?? new Map<Resource, FakeSource>();
    this.sources.set(address, resources);
    const source = resources.get(resource) ?? new FakeSource();
    resources.set(resource, source);
    return source;
  }

  serves(access: ClusterAccess): boolean {
    return access.etcd !== undefined;
  }

  prepare(access: ClusterAccess): Promise<PreparedDatastore> {
    const address = access.etcd?.endpoints[0] ?? '';
    if (address.includes('missing-file')) {
      return Promise.reject(new DatastoreError('config', 'FileUnreadable', 'no such file'));
    }
    return Promise.resolve({
      type: 'etcdv3',
      fingerprint: JSON.stringify(access.etcd),
      files: [],
      open: () => {
        const datastore = new FakeDatastore(
          this.sources.get(address) ?? new Map([['ippools', new FakeSource()]]),
          'etcdv3',
        );
        datastore.identities = [`etcd:${address}`];
        this.opened.push(datastore);
        this.onOpen(address, datastore);
        return datastore;
      },
      check: async function* () {},
    });
  }

  get open(): readonly FakeDatastore[] {
    return this.opened.filter((datastore) => !datastore.closed);
  }
}

export class FakeRccSource implements RccSource {
  readonly name: string;
  readonly secrets: FakeSecrets = new FakeSecrets();
  #push: ((snapshot: RccSnapshot) => void) | undefined;
  #documents: readonly RccDocument[] = [];

  constructor(name = 'kubernetes') {
    this.name = name;
  }

  async run(onSnapshot: (snapshot: RccSnapshot) => void, signal: AbortSignal): Promise<void> {
    this.#push = onSnapshot;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.breakDown = reject;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  }

  /** As a defect would. */
  breakDown: (error: Error) => void = () => undefined;

  set(...documents: readonly RccDocument[]): void {
    this.#documents = documents;
    this.#push?.({ documents, rejected: [], problem: undefined });
  }

  /** Some document cannot be read; the others stay as they are. */
  reject(origin: string): void {
    const rejected = [{ origin, problem: 'is no YAML' }];
    this.#push?.({ documents: this.#documents, rejected, problem: undefined });
  }

  fail(message: string): void {
    this.#push?.({ documents: [], rejected: [], problem: { reason: 'SourceMissing', message } });
  }

  get documents(): readonly RccDocument[] {
    return this.#documents;
  }
}

export class FakeSecrets implements SecretSource {
  readonly #watches = new Map<string, Set<(secret: SecretSnapshot) => void>>();
  readonly #secrets = new Map<string, SecretSnapshot>();

  set(name: string, secret: SecretSnapshot): void {
    this.#secrets.set(name, secret);
    for (const listener of this.#watches.get(name) ?? []) listener(secret);
  }

  async watch(
    { namespace, name }: SecretName,
    onChange: (secret: SecretSnapshot) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const key = `${namespace}/${name}`;
    const listeners = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, listeners.add(onChange));
    onChange(this.#secrets.get(key) ?? { state: 'missing' });
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    listeners.delete(onChange);
  }
}

export function etcdRcc(name: string, address: string): RccDocument {
  return { name, spec: { datastoreType: 'etcdv3', etcdEndpoints: address }, origin: `test ${name}` };
}

export function secretRcc(name: string, secret: string): RccDocument {
  const spec = { clusterAccessSecret: { kind: 'Secret', namespace: 'fed', name: secret } };
  return { name, spec, origin: `test ${name}` };
}

export interface FakeFleet {
  readonly clock: FakeClock;
  readonly remotes: FakeRemotes;
  readonly replicas: ModelReplicas;
  readonly sources: readonly FakeRccSource[];
  readonly manager: ClusterManager;
  readonly events: DaemonEvent[];
  /** Clusters of which the index says that it has all services. */
  readonly complete: Set<string>;
  readonly running: Promise<void>;
  stop(): Promise<void>;
}

/** The engine with everything around it replaced by models: time moves only when told. */
export function startFakeFleet(sourceNames: readonly string[] = ['kubernetes']): FakeFleet {
  const clock = new FakeClock();
  const remotes = new FakeRemotes();
  const replicas = new ModelReplicas();
  const sources = sourceNames.map((name) => new FakeRccSource(name));
  const events: DaemonEvent[] = [];
  const complete = new Set<string>();
  const manager = new ClusterManager({
    sources,
    lister: noPools(complete),
    adapters: [remotes],
    replicas,
    datastore: {
      connectTimeoutMs: 1_000,
      requestTimeoutMs: 1_000,
      maxObjectBytes: 1 << 20,
      excludeNamespaces: [],
    },
    trustInline: false,
    staleAfterMs: 60_000,
    filePollMs: 60_000,
    readyAfterMs: 30_000,
    context: engineContext(clock, 3, events),
  });
  const controller = new AbortController();
  const running = manager.run(controller.signal);
  return {
    clock,
    remotes,
    replicas,
    sources,
    manager,
    events,
    complete,
    running,
    stop: async () => {
      controller.abort(new Error('test over'));
      for (let i = 0; i < 20; i++) await turn();
      await running.catch(() => undefined);
    },
  };
}

function noPools(complete: ReadonlySet<string>): Lister {
  const servicesComplete = (cluster: string): boolean => complete.has(cluster);
  return { revision: 0, clusters: () => [], list: () => [], servicesComplete } as unknown as Lister;
}
