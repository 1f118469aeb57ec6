import type { DatastoreOptions, PreparedDatastore } from '../contract/adapter.ts';
import { DatastoreError } from '../contract/datastore-error.ts';
import type { LocalApi } from '../contract/local-api.ts';
import type { RccSource, SecretSource } from '../contract/rcc-source.ts';
import type { EtcdAccess } from '../model/rcc.ts';
import type { AdapterHost } from './registry.ts';
import type { PreparedKubernetes } from './kubernetes/connection/connect.ts';
import type { LocalConnection } from './kubernetes/local/local-connection.ts';

export interface LocalClusterOptions {
  /** In order of precedence. */
  readonly rccSources: readonly ('kubernetes' | 'etcdv3' | 'directory')[];
  /** Outside a pod the sources above are not there, and not missed. */
  readonly offline: boolean;
  readonly rccDirectory: string | undefined;
  /** undefined = the service account of our own pod. */
  readonly kubeconfig: string | undefined;
  readonly localEtcd: EtcdAccess | undefined;
  readonly inspect: readonly { readonly name: string; readonly directory: string }[];
  /** Options that need its Kubernetes API, whatever the sources are: `--controllers federated-services`. */
  readonly apiUsers: readonly string[];
  readonly datastore: DatastoreOptions;
}

/** The cluster that this daemon serves, as far as it is told of it: sources of RCCs, who it is, and its own objects. */
export interface LocalCluster {
  readonly sources: readonly RccSource[];
  /** undefined where there is no local Kubernetes API; with a controller there is one. */
  readonly api: LocalApi | undefined;
  /** Its Services and EndpointSlices, over the same connection, which outlives what is opened. undefined as `api`. */
  readonly services: PreparedDatastore | undefined;
  /** As `Datastore.identify`, over all that is configured; rejects while something cannot be asked. */
  identify(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

const DIRECTORY_POLL_MS = 5_000;

/**
 * Opens the configured sources; the network is first used by their `run`.
 * @throws DatastoreError (`config`) where the local access itself is unusable.
 */
export async function openLocalCluster(
  options: LocalClusterOptions,
  host: AdapterHost,
): Promise<LocalCluster> {
  const local = await openKubernetes(options, host);
  const sources: RccSource[] = [];
  for (const name of options.rccSources) {
    if (name === 'kubernetes' && local) sources.push(await kubernetesSource(local));
    if (name === 'etcdv3' && options.localEtcd) {
      sources.push(await etcdSource(options.localEtcd, options, await secretsOf(local), host));
    }
    if (name === 'directory' && options.rccDirectory !== undefined) {
      const { DirectoryRccSource } = await import('./file/rcc-source.ts');
      const { clock } = host;
      sources.push(
        new DirectoryRccSource({ directory: options.rccDirectory, clock, pollMs: DIRECTORY_POLL_MS }),
      );
    }
  }
  if (options.inspect.length > 0) {
    const { InspectSource } = await import('./file/inspect-source.ts');
    sources.push(new InspectSource(options.inspect));
  }
  return {
    sources,
    ...(await localObjects(local, options)),
    identify: async (signal) => [
      ...(local ? await identifyKubernetes(local, options, signal) : []),
      ...(options.localEtcd ? await identifyEtcd(options.localEtcd, options, host, signal) : []),
    ],
    close: async () => local?.connection.transport.close(),
  };
}

interface LocalKubernetes {
  readonly prepared: PreparedKubernetes;
  readonly connection: LocalConnection;
}

async function openKubernetes(
  options: LocalClusterOptions,
  host: AdapterHost,
): Promise<LocalKubernetes | undefined> {
  if (wantsKubernetes(options, host)) return connectKubernetes(options, host);
  const [user] = options.apiUsers;
  if (user === undefined) return undefined;
  try {
    return await connectKubernetes(options, host);
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    const message = `${user} needs the API of the local cluster: ${error.message}`;
    throw new DatastoreError(error.reaction, error.reason, message, { cause: error });
  }
}

/** The local API is asked for, or given for the Secrets of RCCs in etcd. */
function wantsKubernetes(options: LocalClusterOptions, host: AdapterHost): boolean {
  const inPod = host.environment['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (options.offline && !inPod) return false;
  const wanted = options.rccSources.includes('kubernetes') || options.kubeconfig !== undefined;
  return wanted || (options.rccSources.includes('etcdv3') && inPod);
}

async function connectKubernetes(options: LocalClusterOptions, host: AdapterHost): Promise<LocalKubernetes> {
  const [{ prepareLocalKubernetes }, { standardHost }] = await Promise.all([
    import('./kubernetes/connection/connect.ts'),
    import('./kubernetes/host.ts'),
  ]);
  const kubeHost = { ...standardHost, ...host };
  const prepared = await prepareLocalKubernetes(options.kubeconfig ?? '', options.datastore, kubeHost);
  const { clock, random } = host;
  return { prepared, connection: { transport: prepared.openTransport(), clock, random } };
}

async function localObjects(
  local: LocalKubernetes | undefined,
  { datastore }: LocalClusterOptions,
): Promise<Pick<LocalCluster, 'api' | 'services'>> {
  if (!local) return { api: undefined, services: undefined };
  const [{ KubernetesLocalApi }, { localServices }] = await Promise.all([
    import('./kubernetes/local/local-api.ts'),
    import('./kubernetes/local/local-services.ts'),
  ]);
  return {
    api: new KubernetesLocalApi(local.connection, datastore.requestTimeoutMs),
    // --exclude-namespaces is about the remotes.
    services: localServices(local.prepared, local.connection, { ...datastore, excludeNamespaces: [] }),
  };
}

async function kubernetesSource({ connection }: LocalKubernetes): Promise<RccSource> {
  const { KubernetesRccSource } = await import('./kubernetes/local/rcc-source.ts');
  return new KubernetesRccSource(connection);
}

async function secretsOf(local: LocalKubernetes | undefined): Promise<SecretSource | undefined> {
  if (!local) return undefined;
  const { KubernetesSecretSource } = await import('./kubernetes/local/secret-source.ts');
  return new KubernetesSecretSource(local.connection);
}

async function etcdSource(
  access: EtcdAccess,
  { datastore }: LocalClusterOptions,
  secrets: SecretSource | undefined,
  { clock, random }: AdapterHost,
): Promise<RccSource> {
  const { EtcdRccSource } = await import('./etcdv3/rcc-source.ts');
  return new EtcdRccSource({ access, timeouts: datastore, clock, random, secrets });
}

async function identifyKubernetes(
  { connection }: LocalKubernetes,
  { datastore }: LocalClusterOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{ KubernetesDatastore }, { standardReaderTuning }] = await Promise.all([
    import('./kubernetes/datastore.ts'),
    import('./kubernetes/collection.ts'),
  ]);
  // Shares the sources' transport, which must stay open: only asked, never closed.
  const reader = new KubernetesDatastore({
    ...connection,
    resources: [],
    options: datastore,
    tuning: standardReaderTuning,
  });
  return reader.identify(signal);
}

async function identifyEtcd(
  access: EtcdAccess,
  { datastore }: LocalClusterOptions,
  { clock }: AdapterHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{ prepareEtcd }, { EtcdDatastore }] = await Promise.all([
    import('./etcdv3/adapter.ts'),
    import('./etcdv3/etcd-datastore.ts'),
  ]);
  const { client } = await prepareEtcd(access, datastore, clock);
  const { maxObjectBytes, excludeNamespaces } = datastore;
  const reader = new EtcdDatastore({ ...client, maxObjectBytes, excludeNamespaces });
  try {
    return await reader.identify(signal);
  } finally {
    await reader.close();
  }
}
