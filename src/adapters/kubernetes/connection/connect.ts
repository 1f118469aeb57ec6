import type { CheckStep, DatastoreOptions } from '../../../contract/adapter.ts';
import { NO_KUBERNETES_ACCESS, type KubernetesAccess } from '../../../model/rcc.ts';
import { resolveAccess } from '../access/access.ts';
import type { KubeEndpoint } from '../access/endpoint.ts';
import { fingerprintOf } from '../access/fingerprint.ts';
import { HttpTransport } from './http-transport.ts';
import { inClusterEndpoint } from '../access/in-cluster.ts';
import { checkConnection } from './preflight.ts';
import { type KubeHost, standardHost } from '../host.ts';
import type { KubeTransport } from './transport.ts';

/** An access that is resolved: every file was read and is valid; nothing was sent over the network. */
export interface PreparedKubernetes {
  /** `https://10.0.0.1:6443`, for messages. */
  readonly server: string;
  /** See `PreparedDatastore.fingerprint`. */
  readonly fingerprint: string;
  /** See `PreparedDatastore.files`. */
  readonly files: readonly string[];
  /** A new connection object; the network is first used by its methods. */
  openTransport(): KubeTransport;
  /** The steps `dns`, `tcp`, `tls` and `auth`, each as it finishes; ends after the first that failed. */
  checkConnection(signal: AbortSignal): AsyncIterable<CheckStep>;
}

/**
 * Resolves how to reach a remote cluster.
 * @throws DatastoreError of reaction `config` that names the field or file.
 */
export async function prepareKubernetes(
  access: KubernetesAccess,
  options: DatastoreOptions,
  host: KubeHost = standardHost,
): Promise<PreparedKubernetes> {
  return prepared(await resolveAccess(access), options, host);
}

/**
 * Resolves how to reach the local cluster: a kubeconfig path (list), or with '' the service account of our own pod.
 * @throws DatastoreError of reaction `config` that names the field or file.
 */
export async function prepareLocalKubernetes(
  kubeconfig: string,
  options: DatastoreOptions,
  host: KubeHost = standardHost,
): Promise<PreparedKubernetes> {
  const endpoint =
    kubeconfig === ''
      ? await inClusterEndpoint(host)
      : await resolveAccess({ ...NO_KUBERNETES_ACCESS, kubeconfig });
  return prepared(endpoint, options, host);
}

function prepared(endpoint: KubeEndpoint, options: DatastoreOptions, host: KubeHost): PreparedKubernetes {
  return {
    server: endpoint.server.text,
    fingerprint: fingerprintOf(endpoint),
    files: endpoint.files,
    openTransport: () => new HttpTransport(endpoint, options, host),
    checkConnection: (signal) => checkConnection(endpoint, options, host, signal),
  };
}
