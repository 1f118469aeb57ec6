/** The states of a remote cluster with the values of Calico Enterprise's `remote_cluster_connection_status`. */
export const STATUS_VALUE = {
  NotConnecting: 0,
  Connecting: 1,
  InSync: 2,
  ResyncInProgress: 3,
  /** Exists for Calico Enterprise's dashboards; never entered, since fedsyncd reloads live. */
  ConfigChangeRestartRequired: 4,
  ConfigIncomplete: 5,
} as const;
export type Status = Exclude<keyof typeof STATUS_VALUE, 'ConfigChangeRestartRequired'>;

/** Each reason with what it means and what to do: the operators' page is made from this table. */
export const STATUS_REASONS = {
  Starting: ['The session was just created.', 'Wait; it is tried at once.'],
  Listing: ['The first complete list is under way.', 'Wait.'],
  Synced: ['Everything is listed and watched.', 'Nothing.'],
  Relisting: [
    'A watch could not resume; a fresh list is under way. Known data is served meanwhile.',
    'Nothing; frequent relists mean a slow link or an overloaded server.',
  ],
  IdentityOnly: [
    'An etcdv3 cluster without Kubernetes access: endpoints only, no services.',
    'Add kubeconfig or k8s* fields to the RCC if services are wanted.',
  ],
  PartiallyForbidden: [
    'Some resources may not be read; the others are in sync.',
    'Apply the remote role of manifests/remote to that cluster.',
  ],
  InvalidConfig: ['The RCC has a wrong or contradictory field.', 'Correct the field that the message names.'],
  SecretNotFound: [
    'The Secret of clusterAccessSecret does not exist.',
    'Create it; it is picked up at once.',
  ],
  SecretForbidden: ['The Secret may not be read.', 'Grant get, list and watch on that Secret to the daemon.'],
  SecretInvalid: ['The Secret has a wrong or missing key.', 'Correct the key that the message names.'],
  FileUnreadable: ['A file that the RCC names cannot be read.', 'Mount the file or correct the path.'],
  FileInvalid: ['A file that the RCC names does not parse.', 'Correct the file.'],
  SourceMissing: [
    'The source of RCCs is gone or unreadable; what it said last still holds.',
    'Restore the source; delete RCCs one by one to withdraw them.',
  ],
  DuplicateOf: ['Another RCC, or the local cluster, is the same cluster.', 'Delete one of the two.'],
  BudgetExceeded: [
    'More objects than --max-objects-per-cluster; new ones are left out, updates and deletes go on.',
    'Raise the limit or find what fills the remote.',
  ],
  DnsFailed: ['The host name does not resolve.', 'Check the name and the DNS of the pod.'],
  ConnectionRefused: ['Nothing listens at the address.', 'Check address, port and server.'],
  Unreachable: ['The connection failed or was cut.', 'Check routes, firewalls and the server.'],
  Timeout: ['No answer, or no sign of life, in time.', 'Check the network path and the load of the server.'],
  TlsFailed: ['The TLS handshake failed.', 'Check CA, server name, client certificate and expiry dates.'],
  Unauthorized: ['The credentials were refused.', 'Renew the token, certificate or password.'],
  Forbidden: [
    'The account lacks a permission.',
    'Apply the remote role of manifests/remote to that cluster.',
  ],
  NotFound: [
    'The server does not serve the requested API.',
    'Check that the address is a Kubernetes API server or an etcd.',
  ],
  ServerError: ['The server answered with an error.', 'Look at the log of the remote server.'],
  Overloaded: ['The server asked to slow down (429).', 'Nothing; it is retried as asked.'],
  ProtocolError: [
    'The answer could not be understood.',
    'Check that the address is what the datastore type says.',
  ],
  Compacted: ['The resume revision is gone.', 'Nothing; a fresh list follows.'],
  ExecFailed: ['The exec credential plugin failed.', 'Run the plugin by hand in the pod; see the message.'],
  ClusterReplaced: [
    'The server is another one than before (identity or history changed).',
    'Nothing if on purpose; a fresh list follows.',
  ],
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>;
export type StatusReason = keyof typeof STATUS_REASONS;
