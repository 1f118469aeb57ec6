import { prepareLocalKubernetes } from '../../../src/adapters/kubernetes/connection/connect.ts';
import { standardHost } from '../../../src/adapters/kubernetes/host.ts';
import { KubernetesLocalApi } from '../../../src/adapters/kubernetes/local/local-api.ts';
import type { LocalApi } from '../../../src/contract/local-api.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';

/** The API of a real server over a connection of its own, as a process of its own would have it. */
export async function connectTo(
  server: KubeApiserver,
  user = 'admin',
): Promise<{ readonly api: LocalApi; readonly close: () => Promise<void> }> {
  const kubeconfig = await server.kubeconfigFile(user);
  const options = {
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
    maxObjectBytes: 1024 * 1024,
    excludeNamespaces: [],
  };
  const prepared = await prepareLocalKubernetes(kubeconfig, options, standardHost);
  const transport = prepared.openTransport();
  const api = new KubernetesLocalApi({ transport, clock: systemClock, random: systemRandom }, 5000);
  return { api, close: async () => transport.close() };
}
