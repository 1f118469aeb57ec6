import type { Adapter, DatastoreOptions, PreparedDatastore } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Resource } from '../../model/kind.ts';
import type { ClusterAccess } from '../../model/rcc.ts';
import { checkDatastore } from './check.ts';
import { type ReaderTuning, standardReaderTuning } from './collection.ts';
import { type PreparedKubernetes, prepareKubernetes } from './connection/connect.ts';
import { ALL_RESOURCES, KubernetesDatastore, SERVICE_RESOURCES } from './datastore.ts';
import { type KubeHost, standardHost } from './host.ts';
import { SharedValues } from './wire/proto-meta.ts';

/** Reads remote clusters over the Kubernetes API. */
export class KubernetesAdapter implements Adapter {
  readonly type = 'kubernetes';
  readonly #host: KubeHost;
  readonly #tuning: ReaderTuning;
  readonly #shared = new SharedValues();

  constructor(host: KubeHost = standardHost, tuning: ReaderTuning = standardReaderTuning) {
    this.#host = host;
    this.#tuning = tuning;
  }

  serves(access: ClusterAccess): boolean {
    return access.kubernetes !== undefined;
  }

  async prepare(access: ClusterAccess, options: DatastoreOptions): Promise<PreparedDatastore> {
    if (access.kubernetes === undefined) {
      throw new DatastoreError('config', 'InvalidConfig', 'the access has no Kubernetes part');
    }
    const prepared = await prepareKubernetes(access.kubernetes, options, this.#host);
    // With an etcdv3 datastore Calico's objects are in etcd, and only the services are here.
    const resources = access.datastoreType === 'kubernetes' ? ALL_RESOURCES : SERVICE_RESOURCES;
    const open = (): KubernetesDatastore => this.#open(prepared, resources, options);
    return {
      type: this.type,
      fingerprint: prepared.fingerprint,
      files: prepared.files,
      open,
      check: (signal) => checkDatastore(prepared, open, signal),
    };
  }

  #open(
    prepared: PreparedKubernetes,
    resources: readonly Resource[],
    options: DatastoreOptions,
  ): KubernetesDatastore {
    const { clock, random } = this.#host;
    const transport = prepared.openTransport();
    return new KubernetesDatastore({
      transport,
      resources,
      options,
      clock,
      random,
      tuning: this.#tuning,
      shared: this.#shared,
    });
  }
}
