import { KubernetesAdapter } from '../../src/adapters/kubernetes/adapter.ts';
import { standardHost } from '../../src/adapters/kubernetes/host.ts';
import type { Datastore } from '../../src/contract/datastore.ts';
import { NO_KUBERNETES_ACCESS, type ClusterAccess } from '../../src/model/rcc.ts';
import type { OpenOptions } from './rig.ts';

/** A datastore on the server of that kubeconfig text. */
export async function openKubernetes(
  kubeconfigInline: string,
  { clock, requestTimeoutMs }: OpenOptions,
): Promise<Datastore> {
  const access: ClusterAccess = {
    datastoreType: 'kubernetes',
    etcd: undefined,
    directory: undefined,
    overlayRoutingMode: 'Disabled',
    kubernetes: { ...NO_KUBERNETES_ACCESS, kubeconfigInline },
  };
  const prepared = await new KubernetesAdapter({ ...standardHost, clock }).prepare(access, {
    connectTimeoutMs: requestTimeoutMs / 5,
    requestTimeoutMs,
    maxObjectBytes: 1 << 20,
    excludeNamespaces: [],
  });
  return prepared.open();
}
