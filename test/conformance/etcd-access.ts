import { EtcdAdapter } from '../../src/adapters/etcdv3/adapter.ts';
import type { Datastore } from '../../src/contract/datastore.ts';
import type { ClusterAccess } from '../../src/model/rcc.ts';
import type { OpenOptions } from './rig.ts';

/** A datastore on that endpoint. */
export async function openEtcd(
  endpoint: string,
  { clock, requestTimeoutMs }: OpenOptions,
  credentials: { readonly username: string; readonly password: string } = { username: '', password: '' },
): Promise<Datastore> {
  const nothing = { keyFile: '', certFile: '', caCertFile: '', key: '', cert: '', caCert: '' };
  const access: ClusterAccess = {
    datastoreType: 'etcdv3',
    etcd: { endpoints: [endpoint], ...credentials, ...nothing },
    kubernetes: undefined,
    directory: undefined,
    overlayRoutingMode: 'Disabled',
  };
  const prepared = await new EtcdAdapter(clock).prepare(access, {
    connectTimeoutMs: requestTimeoutMs / 5,
    requestTimeoutMs,
    maxObjectBytes: 1 << 20,
    excludeNamespaces: [],
  });
  return prepared.open();
}
