import type { CommandName, OptionDefinition } from './option.ts';

const feeding = ['run', 'kubeconfig', 'demo'] as const satisfies readonly CommandName[];
const running = ['run'] as const satisfies readonly CommandName[];

/** The part of the option table that is about the feed. */
export const FEED_OPTIONS = {
  'feed-address': {
    type: 'address',
    placeholder: 'HOST:PORT',
    help: 'Where the feed is served: a read-only Kubernetes API of the merged picture. Port 0 lets the system choose.',
    defaultText: 'none: no feed; the demo chooses one on the loopback',
    commands: feeding,
  },
  'feed-tls-cert-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Certificate of the feed; read again when it changes.',
    commands: running,
  },
  'feed-tls-key-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Key of --feed-tls-cert-file.',
    commands: running,
  },
  'feed-client-ca-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Clients with a certificate of this CA may read the feed; the name is the CN, the groups are the O.',
    commands: running,
  },
  'feed-token-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Clients with a token of this file may read the feed: lines of token,user,uid,"group1,group2" as kube-apiserver has them; read again when it changes.',
    commands: running,
  },
  'feed-token-review': {
    type: 'boolean',
    placeholder: '',
    help: 'Clients whose token the local cluster vouches for (TokenReview) may read the feed.',
    default: 'false',
    commands: running,
  },
  'feed-token-audience': {
    type: 'list',
    placeholder: 'AUDIENCE',
    help: 'Audiences that such a token must be for.',
    defaultText: "the API server's own",
    commands: running,
  },
  'feed-authorization': {
    type: 'enum',
    of: ['all', 'local-rbac'],
    placeholder: 'MODE',
    help: 'all: whoever was let in may read everything. local-rbac: as RBAC of the local cluster says for the group fedsyncd.io (SubjectAccessReview).',
    default: 'all',
    commands: running,
  },
  'feed-anonymous': {
    type: 'boolean',
    placeholder: '',
    help: 'Let everybody who reaches the address read the feed.',
    default: 'false',
    commands: running,
  },
  'feed-max-connections': {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    placeholder: 'N',
    help: 'Connections of clients to the feed; more are closed as they come.',
    default: '2000',
    commands: running,
  },
  'feed-max-requests': {
    type: 'integer',
    min: 1,
    max: 100_000,
    placeholder: 'N',
    help: 'Requests other than watches that the feed answers at one time; more get 429.',
    default: '200',
    commands: running,
  },
  'feed-max-watches': {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    placeholder: 'N',
    help: 'Open watches of the feed; more get 429.',
    default: '5000',
    commands: running,
  },
  'feed-max-watches-per-user': {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    placeholder: 'N',
    help: 'Open watches of one user of the feed; all who come without credentials are one.',
    default: '1000',
    commands: running,
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>;

/** What `fedsyncd kubeconfig` is told of the client. */
export const FEED_CLIENT_OPTIONS = {
  cluster: {
    type: 'string',
    placeholder: 'NAME',
    help: 'Only the view of this remote cluster, under its own names.',
    flagOnly: true,
    commands: ['kubeconfig'],
  },
  server: {
    type: 'string',
    placeholder: 'URL',
    help: 'Where clients reach the feed: https://HOST:PORT.',
    defaultText: '--feed-address of this machine, without TLS',
    flagOnly: true,
    commands: ['kubeconfig'],
  },
  'ca-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'CA certificates of the feed, which are put into the kubeconfig.',
    defaultText: 'those that the client trusts anyway',
    flagOnly: true,
    commands: ['kubeconfig'],
  },
  'token-file': {
    type: 'string',
    placeholder: 'PATH',
    help: "File with the client's token; the kubeconfig names the file.",
    flagOnly: true,
    commands: ['kubeconfig'],
  },
  'client-cert-file': {
    type: 'string',
    placeholder: 'PATH',
    help: "The client's certificate; the kubeconfig names the file.",
    flagOnly: true,
    commands: ['kubeconfig'],
  },
  'client-key-file': {
    type: 'string',
    placeholder: 'PATH',
    help: 'Key of --client-cert-file.',
    flagOnly: true,
    commands: ['kubeconfig'],
  },
} as const satisfies Readonly<Record<string, OptionDefinition>>;
