import type { DatastoreOptions } from '../contract/adapter.ts';
import type { RccSource, SecretSource } from '../contract/rcc-source.ts';
import type { EtcdAccess } from '../model/rcc.ts';
import type { AdapterHost } from './registry.ts';
import type { KubeTransport } from './kubernetes/connection/transport.ts';

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
  readonly datastore: DatastoreOptions;
}

/** The cluster that this daemon serves, as far as it is told of it: sources of RCCs, and who it is. */
export interface LocalCluster {
  readonly sources: readonly RccSource[];
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
    if (name === 'kubernetes' && local) sources.push(await kubernetesSource(local, host));
    if (name === 'etcdv3' && options.localEtcd) {
      sources.push(await etcdSource(options.localEtcd, options, await secretsOf(local, host), host));
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
    identify: async (signal) => [
      ...(local ? await identifyKubernetes(local, options, host, signal) : []),
      ...(options.localEtcd ? await identifyEtcd(options.localEtcd, options, host, signal) : []),
    ],
    close: async () => local?.close(),
  };
}

/** The local API: asked for, or given for the Secrets of RCCs in etcd. */
async function openKubernetes(
  options: LocalClusterOptions,
  host: AdapterHost,
): Promise<KubeTransport | undefined> {
  const inPod = host.environment['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (options.offline && !inPod) return undefined;
  const wanted = options.rccSources.includes('kubernetes') || options.kubeconfig !== undefined;
  if (!wanted && !(options.rccSources.includes('etcdv3') && inPod)) return undefined;
  const [{ prepareLocalKubernetes }, { standardHost }] = await Promise.all([
    import('./kubernetes/connection/connect.ts'),
    import('./kubernetes/host.ts'),
  ]);
  const kubeHost = { ...standardHost, ...host };
  return (
    await prepareLocalKubernetes(options.kubeconfig ?? '', options.datastore, kubeHost)
  ).openTransport();
}

async function kubernetesSource(
  transport: KubeTransport,
  { clock, random }: AdapterHost,
): Promise<RccSource> {
  const { KubernetesRccSource } = await import('./kubernetes/local/rcc-source.ts');
  return new KubernetesRccSource({ transport, clock, random });
}

async function secretsOf(
  transport: KubeTransport | undefined,
  { clock, random }: AdapterHost,
): Promise<SecretSource | undefined> {
  if (!transport) return undefined;
  const { KubernetesSecretSource } = await import('./kubernetes/local/secret-source.ts');
  return new KubernetesSecretSource({ transport, clock, random });
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
  transport: KubeTransport,
  { datastore }: LocalClusterOptions,
  { clock, random }: AdapterHost,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{ KubernetesDatastore }, { standardReaderTuning }] = await Promise.all([
    import('./kubernetes/datastore.ts'),
    import('./kubernetes/collection.ts'),
  ]);
  // Shares the sources' transport, which must stay open: only asked, never closed.
  const reader = new KubernetesDatastore({
    transport,
    resources: [],
    options: datastore,
    clock,
    random,
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
