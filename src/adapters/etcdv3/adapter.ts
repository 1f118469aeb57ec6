import { createHash } from 'node:crypto';
import type { Adapter, CheckStep, DatastoreOptions, PreparedDatastore } from '../../contract/adapter.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Datastore } from '../../contract/datastore.ts';
import { EndpointPatterns } from '../../model/endpoint-patterns.ts';
import type { ClusterAccess, EtcdAccess } from '../../model/rcc.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Clock } from '../../runtime/clock.ts';
import { checkEtcd } from './check.ts';
import { parseEndpoints } from './endpoint.ts';
import type { EtcdClientOptions } from './etcd-client.ts';
import { EtcdDatastore } from './etcd-datastore.ts';
import { loadTls } from './tls-material.ts';
import type { LoadedTls } from './tls-material.ts';

type Timeouts = Pick<DatastoreOptions, 'connectTimeoutMs' | 'requestTimeoutMs'>;

/** Calico datastores in etcd v3. */
export class EtcdAdapter implements Adapter {
  readonly type = 'etcdv3';
  readonly #clock: Clock;
  /** Shared: clusters of one fleet run much the same workloads. */
  readonly #patterns = new EndpointPatterns();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  serves(access: ClusterAccess): boolean {
    return access.datastoreType === 'etcdv3' && access.etcd !== undefined;
  }

  async prepare(access: ClusterAccess, options: DatastoreOptions): Promise<PreparedDatastore> {
    if (access.etcd === undefined) {
      throw new DatastoreError('config', 'InvalidConfig', 'spec.etcdEndpoints: no endpoint is given');
    }
    const prepared = await prepareEtcd(access.etcd, options, this.#clock);
    const { maxObjectBytes, excludeNamespaces } = options;
    const patterns = this.#patterns;
    return {
      type: 'etcdv3',
      fingerprint: prepared.fingerprint,
      files: prepared.files,
      open: (): Datastore =>
        new EtcdDatastore({ ...prepared.client, maxObjectBytes, excludeNamespaces, patterns }),
      check: (signal: AbortSignal): AsyncIterable<CheckStep> => checkEtcd(prepared.client, signal),
    };
  }
}

export interface PreparedEtcd {
  readonly client: EtcdClientOptions;
  readonly fingerprint: string;
  readonly files: readonly string[];
}

/**
 * Checks the fields and reads the files of an etcd access.
 *
 * @throws DatastoreError (`config`) that names field or file.
 */
export async function prepareEtcd(
  access: EtcdAccess,
  timeouts: Timeouts,
  clock: Clock,
): Promise<PreparedEtcd> {
  const endpoints = parseEndpoints(access.endpoints);
  const tls = await loadTls(access);
  const { username, password } = access;
  // etcd's own clients send credentials only if both are set; so do we.
  const credentials = username === '' || password === '' ? undefined : { username, password };
  const { connectTimeoutMs, requestTimeoutMs } = timeouts;
  return {
    client: { endpoints, tls: tls.material, credentials, connectTimeoutMs, requestTimeoutMs, clock },
    fingerprint: fingerprintOf(access, tls),
    files: tls.files,
  };
}

/** A digest of every field and of what the files held. */
function fingerprintOf(access: EtcdAccess, { material, files }: LoadedTls): string {
  const { endpoints, username, password } = access;
  const content = [endpoints, username, password, material.ca, material.cert, material.key, files];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
