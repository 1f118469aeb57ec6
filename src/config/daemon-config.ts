import type { DatastoreOptions } from '../contract/adapter.ts';
import { parseEtcdEndpoints } from '../model/rcc-parse-endpoints.ts';
import type { EtcdAccess } from '../model/rcc.ts';
import { federationConfig, type FederationConfig } from './federation-config.ts';
import { feedConfig, type FeedConfig } from './feed-config.ts';
import type { Address, NamedDirectory } from './option-value.ts';
import type { Values } from './parse.ts';

export type RccSourceName = 'kubernetes' | 'etcdv3' | 'directory';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Everything that a daemon is told. Times in milliseconds. */
export interface DaemonConfig {
  readonly version: string;
  /** In order of precedence, each once. */
  readonly rccSources: readonly RccSourceName[];
  /**
   * `rccSources` is only the default beside `--inspect`: outside a pod there is no local cluster then, so that an
   * export can be looked at anywhere.
   */
  readonly offline: boolean;
  /** Given where `rccSources` has `directory`. */
  readonly rccDirectory: string | undefined;
  /** Kubeconfig of the local cluster; undefined = in-cluster. */
  readonly kubeconfig: string | undefined;
  /** Given where `rccSources` has `etcdv3`. */
  readonly localEtcd: EtcdAccess | undefined;
  readonly inspect: readonly NamedDirectory[];
  readonly trustInline: boolean;
  readonly datastore: DatastoreOptions;
  /** First item of FELIX_INTERFACEPREFIX of the remotes. */
  readonly interfacePrefix: string;
  readonly maxObjectsPerCluster: number;
  readonly maxParallelLists: number;
  readonly historyLength: number;
  readonly staleAfterMs: number;
  readonly idleTimeoutMs: number;
  readonly opsAddress: Address;
  readonly logLevel: LogLevel;
  /** Options that need the local cluster's Kubernetes API, as a user writes them. */
  readonly apiUsers: readonly string[];
  /** undefined = the federated services controller is off: nothing is written. */
  readonly federation: FederationConfig | undefined;
  /** undefined = no feed is served. */
  readonly feed: FeedConfig | undefined;
}

export type DaemonConfigResult =
  | { readonly ok: true; readonly config: DaemonConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Joins the options into what the daemon is told; checks what single options cannot know of each other. */
export function daemonConfig(values: Values, version: string): DaemonConfigResult {
  const rccDirectory = values['rcc-directory'];
  const rccSources = (values['rcc-source'] ??
    (rccDirectory === undefined ? ['kubernetes'] : ['directory'])) as readonly RccSourceName[];
  const problems = [...unpaired(rccSources, values)];
  const localEtcd = readLocalEtcd(values, problems);
  const federation = federationConfig(values, problems);
  const feed = feedConfig(values, problems);
  if (problems.length > 0) return { ok: false, problems };
  const config: DaemonConfig = {
    version,
    rccSources,
    offline:
      values['rcc-source'] === undefined &&
      rccDirectory === undefined &&
      values.kubeconfig === undefined &&
      values.inspect !== undefined,
    rccDirectory,
    kubeconfig: values.kubeconfig,
    localEtcd,
    inspect: values.inspect ?? [],
    trustInline: values['allow-exec-in-secrets'],
    datastore: {
      connectTimeoutMs: values['connect-timeout'],
      requestTimeoutMs: values['request-timeout'],
      maxObjectBytes: values['max-object-bytes'],
      excludeNamespaces: values['exclude-namespaces'] ?? [],
    },
    interfacePrefix: values['interface-prefix'],
    maxObjectsPerCluster: values['max-objects-per-cluster'],
    maxParallelLists: values['max-parallel-lists'],
    historyLength: values['history-length'],
    staleAfterMs: values['stale-after'],
    idleTimeoutMs: values['idle-timeout'],
    opsAddress: values['ops-address'],
    logLevel: values['log-level'] as LogLevel,
    apiUsers: apiUsers(values),
    federation,
    feed,
  };
  return { ok: true, config };
}

const OPTION_OF_SOURCE = { directory: 'rcc-directory', etcdv3: 'etcd-endpoints' } as const;

/** A source needs its option; an option without its source would be ignored, which is never what was meant. */
function unpaired(sources: readonly RccSourceName[], values: Values): readonly string[] {
  const problems: string[] = [];
  for (const [source, option] of Object.entries(OPTION_OF_SOURCE)) {
    const used = sources.includes(source as RccSourceName);
    const given = values[option] !== undefined;
    if (used && !given) problems.push(`--rcc-source ${source} needs --${option}`);
    if (!used && given) problems.push(`--${option} is of no use without --rcc-source ${source}`);
  }
  return problems;
}

const ETCD_COMPANIONS = [
  'etcd-ca-cert-file',
  'etcd-cert-file',
  'etcd-key-file',
  'etcd-username',
  'etcd-password',
] as const;

function readLocalEtcd(values: Values, problems: string[]): EtcdAccess | undefined {
  const given = values['etcd-endpoints'];
  if (given === undefined) {
    for (const name of ETCD_COMPANIONS) {
      if (values[name] !== undefined) problems.push(`--${name} is of no use without --etcd-endpoints`);
    }
    return undefined;
  }
  const { endpoints, problems: wrong } = parseEtcdEndpoints(given.join(','));
  problems.push(...wrong.map((problem) => `--etcd-endpoints ${problem}`));
  both(values, ['etcd-cert-file', 'etcd-key-file'], problems);
  both(values, ['etcd-username', 'etcd-password'], problems);
  return {
    endpoints,
    username: values['etcd-username'] ?? '',
    password: values['etcd-password'] ?? '',
    keyFile: values['etcd-key-file'] ?? '',
    certFile: values['etcd-cert-file'] ?? '',
    caCertFile: values['etcd-ca-cert-file'] ?? '',
    key: '',
    cert: '',
    caCert: '',
  };
}

type EtcdCompanion = (typeof ETCD_COMPANIONS)[number];

function both(values: Values, [a, b]: readonly [EtcdCompanion, EtcdCompanion], problems: string[]): void {
  if (values[a] !== undefined && values[b] === undefined) problems.push(`--${a} needs --${b}`);
  if (values[a] === undefined && values[b] !== undefined) problems.push(`--${b} needs --${a}`);
}

function apiUsers(values: Values): readonly string[] {
  return [
    ...(values.controllers ?? []).map((controller) => `--controllers ${controller}`),
    ...(values['feed-address'] !== undefined && values['feed-token-review'] ? ['--feed-token-review'] : []),
    ...(values['feed-address'] !== undefined && values['feed-authorization'] === 'local-rbac'
      ? ['--feed-authorization local-rbac']
      : []),
  ];
}
