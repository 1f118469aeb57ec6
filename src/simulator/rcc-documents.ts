import { stringify } from 'yaml';
import type { EtcdUser } from './etcd-auth.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** What an RCC needs to know besides the addresses. */
export interface RccCredentials {
  readonly token: string;
  readonly user: EtcdUser | undefined;
  /** PEM of the CA that signed the servers' certificate; undefined without TLS. */
  readonly caCert: string | undefined;
}

const SECRET_NAMESPACE = 'calico-system';

/** The RemoteClusterConfiguration of a running cluster, with its Secret where it has one: a YAML stream. */
export function rccYaml(cluster: SimulatedCluster, credentials: RccCredentials): string {
  const fields = { ...etcdFields(cluster, credentials), ...kubernetesFields(cluster, credentials) };
  const datastoreType = cluster.etcd ? 'etcdv3' : 'kubernetes';
  const documents = cluster.style.endsWith('-secret')
    ? withSecret(cluster.name, { datastoreType, ...secretData(fields) })
    : [rcc(cluster.name, { datastoreType, ...fields })];
  return documents.map((document) => stringify(document)).join('---\n');
}

function rcc(name: string, spec: object): object {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'RemoteClusterConfiguration',
    metadata: { name },
    spec,
  };
}

function withSecret(name: string, data: Readonly<Record<string, string>>): object[] {
  const secret = { kind: 'Secret', namespace: SECRET_NAMESPACE, name: `remote-${name}` };
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return [
    rcc(name, { clusterAccessSecret: secret }),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secret.name, namespace: secret.namespace },
      type: 'Opaque',
      data: Object.fromEntries(encoded) as Record<string, string>,
    },
  ];
}

/** In a Secret the contents of a kubeconfig stand under another key. */
function secretData(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key === 'kubeconfigInline' ? 'kubeconfig' : key, value]),
  );
}

function etcdFields({ etcd }: SimulatedCluster, { user, caCert }: RccCredentials): Record<string, string> {
  if (etcd === undefined) return {};
  return {
    etcdEndpoints: etcd.listener.url,
    ...(user === undefined ? {} : { etcdUsername: user.username, etcdPassword: user.password }),
    ...(caCert === undefined ? {} : { etcdCACert: caCert }),
  };
}

function kubernetesFields(cluster: SimulatedCluster, credentials: RccCredentials): Record<string, string> {
  const { kubernetes, style } = cluster;
  if (kubernetes === undefined) return {};
  const { token, caCert } = credentials;
  const server = kubernetes.listener.url;
  // There is no inline CA besides the kubeconfig.
  if (style.endsWith('-secret') || caCert !== undefined) {
    return { kubeconfigInline: kubeconfig(cluster.name, server, credentials) };
  }
  return { k8sAPIEndpoint: server, ...(token === '' ? {} : { k8sAPIToken: token }) };
}

/** A kubeconfig with one context, as the documented remote access Secret holds it. */
export function kubeconfig(
  name: string,
  server: string,
  { token, caCert }: Pick<RccCredentials, 'token' | 'caCert'>,
): string {
  const authority =
    caCert === undefined ? {} : { 'certificate-authority-data': Buffer.from(caCert).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, ...authority } }],
    users: [{ name: 'remote-reader', user: token === '' ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: 'remote-reader' } }],
    'current-context': name,
  });
}
