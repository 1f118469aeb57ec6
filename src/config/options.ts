import { FEDERATION_OPTIONS } from './federation-options.ts';
import { FEED_CLIENT_OPTIONS, FEED_OPTIONS } from './feed-options.ts';
import type { CommandName, OptionDefinition } from './option.ts';

const engine = ['run', 'check'] as const satisfies readonly CommandName[];
const asking = [
  'run',
  'status',
  'explain',
  'plan',
  'kubeconfig',
  'demo',
] as const satisfies readonly CommandName[];
const day = 86_400_000;

/** The one table of options: parser, environment, `--help` and docs/operations.md are made from it. */
export const OPTIONS = {
  'rcc-source': {
    type: 'list',
    of: ['kubernetes', 'etcdv3', 'directory'],
    placeholder: 'SOURCE',
    help: 'Where RemoteClusterConfigurations come from: kubernetes, etcdv3 or directory. Repeatable; of two sources that hold the same name the one named first wins.',
    defaultText: 'directory if --rcc-directory is given; none with --inspect outside a pod; else kubernetes',
    commands: engine,
  },
  'rcc-directory': {
    type: 'string',
    placeholder: 'DIR',
    help: 'Directory of YAML or JSON files with RemoteClusterConfigurations, for the source "directory".',
    commands: engine,
  },
  kubeconfig: {
    type: 'string',
    placeholder: 'PATH',
    help: 'Kubeconfig of the local cluster. $KUBECONFIG and ~/.kube/config are never used.',
    defaultText: 'the service account of the pod',
    commands: ['run', 'check', 'cleanup'],
  },
  'etcd-endpoints': {
    type: 'list',
    placeholder: 'URL',
    help: 'Endpoints of the local etcd, http(s)://host:port, for the source "etcdv3".',
    commands: engine,
  },
  'etcd-ca-cert-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'CA certificates of the local etcd.',
    defaultText: "the system's",
    commands: engine,
  },
  'etcd-cert-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Client certificate for the local etcd.',
    commands: engine,
  },
  'etcd-key-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Key of --etcd-cert-file.',
    commands: engine,
  },
  'etcd-username': {
    type: 'string',
    placeholder: 'NAME',
    help: 'User of the local etcd.',
    commands: engine,
  },
  'etcd-password': {
    type: 'string',
    placeholder: 'TEXT',
    help: 'Password of --etcd-username. Prefer the variable: everybody on the host can read the flags of a process.',
    secret: true,
    commands: engine,
  },
  inspect: {
    type: 'directories',
    placeholder: 'NAME=DIR',
    help: 'One more read-only cluster NAME from a directory of exported objects. Repeatable.',
    commands: engine,
  },
  'allow-exec-in-secrets': {
    type: 'boolean',
    placeholder: '',
    help: 'Allow exec plugins and file references in kubeconfigs that come inline or from a Secret. They run code and read files in this pod.',
    default: 'false',
    commands: engine,
  },
  'exclude-namespaces': {
    type: 'list',
    placeholder: 'NAMESPACE',
    help: 'Namespaces of the remote clusters that are not read.',
    commands: engine,
  },
  'interface-prefix': {
    type: 'string',
    placeholder: 'TEXT',
    help: 'Prefix of workload interface names in the remote clusters (the first item of FELIX_INTERFACEPREFIX there).',
    default: 'cali',
    commands: engine,
  },
  'max-objects-per-cluster': {
    type: 'integer',
    min: 1,
    max: 100_000_000,
    placeholder: 'N',
    help: 'More new objects of one remote cluster are left out; updates and deletes go on.',
    default: '1000000',
    commands: ['run'],
  },
  'max-object-bytes': {
    type: 'integer',
    min: 1024,
    max: 64 * 1024 * 1024,
    placeholder: 'BYTES',
    help: 'A larger object of a remote cluster is skipped.',
    default: '1048576',
    commands: engine,
  },
  'max-parallel-lists': {
    type: 'integer',
    min: 1,
    max: 1000,
    placeholder: 'N',
    help: 'How many first lists of remote clusters run at once; for check: how many clusters are checked at once.',
    default: '8',
    commands: engine,
  },
  'history-length': {
    type: 'integer',
    min: 0,
    max: 100_000_000,
    placeholder: 'N',
    help: 'How many changes of the merged index are remembered.',
    default: '100000',
    commands: ['run'],
  },
  'stale-after': {
    type: 'duration',
    min: 1000,
    max: day,
    placeholder: 'DURATION',
    help: 'A cluster without any sign of life for so long is marked stale. Its data stays.',
    default: '60s',
    commands: ['run'],
  },
  ...FEDERATION_OPTIONS,
  ...FEED_OPTIONS,
  'connect-timeout': {
    type: 'duration',
    min: 100,
    max: 3_600_000,
    placeholder: 'DURATION',
    help: 'Limit for DNS, TCP and TLS of a new connection to a cluster.',
    default: '10s',
    commands: ['run', 'check', 'cleanup'],
  },
  'request-timeout': {
    type: 'duration',
    min: 100,
    max: 3_600_000,
    placeholder: 'DURATION',
    help: 'Limit for one answer (a page of a list; for status, explain and plan: the answer of the daemon).',
    default: '30s',
    commands: ['run', 'check', 'status', 'explain', 'plan', 'cleanup', 'kubeconfig'],
  },
  'idle-timeout': {
    type: 'duration',
    // Signs of life come every 20 to 30 s: a shorter limit would cut healthy watches.
    min: 45_000,
    max: day,
    placeholder: 'DURATION',
    help: 'A watch without any sign of life for so long is given up and opened again.',
    default: '90s',
    commands: ['run'],
  },
  'ops-address': {
    type: 'address',
    placeholder: 'HOST:PORT',
    help: 'Where metrics, health, status and the status page are served, and where status, explain, plan and kubeconfig ask. Port 0 lets the system choose.',
    default: '127.0.0.1:9095',
    commands: asking,
  },
  'log-level': {
    type: 'enum',
    of: ['debug', 'info', 'warn', 'error', 'silent'],
    placeholder: 'LEVEL',
    help: 'Least level of a log line: debug, info, warn, error or silent. SIGUSR2 toggles debug.',
    default: 'info',
    commands: ['run'],
  },
  clusters: {
    type: 'integer',
    min: 1,
    max: 500,
    placeholder: 'N',
    help: 'Simulated remote clusters.',
    default: '5',
    flagOnly: true,
    commands: ['demo'],
  },
  endpoints: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    placeholder: 'N',
    help: 'Workload endpoints of each simulated cluster.',
    default: '1000',
    flagOnly: true,
    commands: ['demo'],
  },
  services: {
    type: 'integer',
    min: 0,
    max: 100_000,
    placeholder: 'N',
    help: 'Services of each simulated cluster.',
    default: '50',
    flagOnly: true,
    commands: ['demo'],
  },
  'changes-per-second': {
    type: 'integer',
    min: 0,
    max: 100_000,
    placeholder: 'N',
    help: 'Changes per second of each simulated cluster.',
    default: '5',
    flagOnly: true,
    commands: ['demo'],
  },
  seed: {
    type: 'integer',
    min: 0,
    max: 2 ** 32 - 1,
    placeholder: 'N',
    help: 'The same seed makes the same fleet.',
    default: '1',
    flagOnly: true,
    commands: ['demo'],
  },
  duration: {
    type: 'duration',
    min: 1000,
    max: 30 * day,
    placeholder: 'DURATION',
    help: 'The demo ends after so long.',
    defaultText: 'until Ctrl-C',
    flagOnly: true,
    commands: ['demo'],
  },
  ...FEED_CLIENT_OPTIONS,
  without: {
    type: 'string',
    placeholder: 'CLUSTER',
    help: 'What would be written if the RemoteClusterConfiguration CLUSTER were removed.',
    flagOnly: true,
    commands: ['plan'],
  },
  output: {
    type: 'enum',
    of: ['table', 'json'],
    placeholder: 'FORMAT',
    help: 'table or json.',
    default: 'table',
    short: 'o',
    flagOnly: true,
    commands: ['check', 'status', 'explain', 'plan', 'version'],
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** The options of one command, in the order of the table. */
export function optionsOf(command: CommandName): readonly OptionName[] {
  return OPTION_NAMES.filter((name) => (OPTIONS[name].commands as readonly CommandName[]).includes(command));
}

/** One entry of the table under its general type. */
export function optionOf(name: OptionName): OptionDefinition {
  return OPTIONS[name];
}
