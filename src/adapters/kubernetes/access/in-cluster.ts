import { join } from 'node:path';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import { hostAndPort, parseServerAddress } from './address.ts';
import type { KubeEndpoint } from './endpoint.ts';
import type { KubeHost } from '../host.ts';
import { certificateProblem } from './pem.ts';
import { readTextFile } from './read-file.ts';

/** Where the kubelet puts token, CA and namespace of our own pod. */
export const SERVICE_ACCOUNT_MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The local API server through our pod's service account. For the local cluster only.
 * @param mount where the kubelet puts token and CA.
 * @throws DatastoreError of reaction `config`
 */
export async function inClusterEndpoint(
  host: KubeHost,
  mount = SERVICE_ACCOUNT_MOUNT,
): Promise<KubeEndpoint> {
  const address = host.environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = Number(host.environment['KUBERNETES_SERVICE_PORT'] ?? '');
  if (address === '' || !Number.isInteger(port) || port <= 0) {
    throw new DatastoreError(
      'config',
      'InvalidConfig',
      'not in a pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set): give --kubeconfig',
    );
  }
  const caFile = join(mount, 'ca.crt');
  const ca = await readTextFile(caFile, 'service account CA');
  const problem = certificateProblem(ca);
  if (problem !== undefined) throw new DatastoreError('config', 'FileInvalid', `${caFile} ${problem}`);
  const path = join(mount, 'token');
  await readTextFile(path, 'service account token');
  return {
    server: parseServerAddress(`https://${hostAndPort({ host: address, port })}`),
    tls: { serverName: '', insecureSkipVerify: false, ca, cert: '', key: '' },
    proxy: undefined,
    credential: { type: 'tokenFile', path },
    impersonation: {},
    files: [caFile],
  };
}
