import { KubernetesAdapter } from '../../src/adapters/kubernetes/adapter.ts';
import { EtcdAdapter } from '../../src/adapters/etcdv3/adapter.ts';
import type { Adapter, DatastoreOptions } from '../../src/contract/adapter.ts';
import type { Datastore } from '../../src/contract/datastore.ts';
import { MergedIndex } from '../../src/index/merged-index.ts';
import type { ClusterAccess } from '../../src/model/rcc.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { ListPlaces } from '../../src/sync/list-places.ts';
import { Reflector } from '../../src/sync/reflector.ts';

/** Where the data is: an API server (URL without credentials, or a kubeconfig file), or an etcd. */
export interface Source {
  readonly type: 'kubernetes' | 'etcdv3';
  readonly server?: string;
  readonly kubeconfig?: string;
}

const OPTIONS: DatastoreOptions = {
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  maxObjectBytes: 1 << 20,
  excludeNamespaces: [],
};

/** The product's path from a datastore to the index for its workload endpoints: adapter, reflector, merged index. */
export class Mirror {
  readonly index = new MergedIndex({
    clock: systemClock,
    random: systemRandom,
    report: () => undefined,
    maxObjectsPerCluster: 2_000_000,
  });
  readonly #source: Source;
  #datastore: Datastore | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Resolves when the first list is in the index; the watch goes on. Rejects when an attempt fails. */
  async start(): Promise<void> {
    const prepared = await adapter(this.#source).prepare(access(this.#source), OPTIONS);
    this.#datastore = prepared.open();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const reflector = new Reflector({
      datastore: this.#datastore,
      resource: 'workloadendpoints',
      store: this.index.open('remote').resource('workloadendpoints'),
      observer: {
        event: (_event, failure) => {
          if (failure) reject(new Error(`${failure.reason}: ${failure.message}`));
        },
        contact: () => undefined,
        listed: () => resolve(),
        note: () => undefined,
      },
      timings: {
        idleMs: 180_000,
        firstRetryMs: 500,
        maxRetryMs: 30_000,
        forbiddenRetryMs: 60_000,
        shortWatchMs: 1000,
      },
      clock: systemClock,
      random: systemRandom,
      lists: new ListPlaces(new Gate(8), 'remote'),
    });
    void reflector.run(new AbortController().signal);
    await promise;
  }
}

function adapter({ type }: Source): Adapter {
  return type === 'etcdv3' ? new EtcdAdapter() : new KubernetesAdapter();
}

const NO_ETCD = {
  username: '',
  password: '',
  keyFile: '',
  certFile: '',
  caCertFile: '',
  key: '',
  cert: '',
  caCert: '',
};

function access({ type, server = '', kubeconfig = '' }: Source): ClusterAccess {
  return {
    datastoreType: type,
    etcd: type === 'etcdv3' ? { ...NO_ETCD, endpoints: [server] } : undefined,
    kubernetes:
      type === 'kubernetes'
        ? {
            kubeconfig,
            kubeconfigInline: '',
            apiEndpoint: kubeconfig === '' ? server : '',
            keyFile: '',
            certFile: '',
            caFile: '',
            apiToken: '',
            insecureSkipTLSVerify: false,
            trustInline: false,
          }
        : undefined,
    directory: undefined,
    overlayRoutingMode: 'Disabled',
  };
}
