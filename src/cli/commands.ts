import type { Command } from './command.ts';

/** Every command; its code is loaded when it is called. */
export const COMMAND_TABLE: readonly Command[] = [
  {
    name: 'run',
    summary: 'Keeps the merged picture of all remote clusters: the daemon.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./run-command.ts')).runCommand,
  },
  {
    name: 'check',
    summary:
      'Checks remote clusters step by step without a daemon: configuration, files, DNS, TCP, TLS, credentials, permissions, identity, first list.',
    positionals: '[NAME...]',
    minPositionals: 0,
    maxPositionals: Number.POSITIVE_INFINITY,
    load: async () => (await import('./check-command.ts')).checkCommand,
  },
  {
    name: 'status',
    summary: 'Asks a running daemon for the state of every remote cluster.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./status-command.ts')).statusCommand,
  },
  {
    name: 'explain',
    summary:
      'Asks a running daemon where an address comes from, or why it is left out; or what backs a federated service, and what does not and why.',
    positionals: 'IP|NAMESPACE/SERVICE',
    minPositionals: 1,
    maxPositionals: 1,
    load: async () => (await import('./explain-command.ts')).explainCommand,
  },
  {
    name: 'plan',
    summary: 'Asks a running daemon what its controller would write now, as a diff; writes nothing.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./plan-command.ts')).planCommand,
  },
  {
    name: 'cleanup',
    summary:
      'Deletes everything that the controller wrote, for those who uninstall; refuses while a daemon holds the Lease.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./cleanup-command.ts')).cleanupCommand,
  },
  {
    name: 'kubeconfig',
    summary:
      'Prints a kubeconfig for the feed of a running daemon: one context for the merged view and one per remote cluster.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./kubeconfig-command.ts')).kubeconfigCommand,
  },
  {
    name: 'demo',
    summary: 'Shows the daemon with a simulated fleet of remote clusters; needs no cluster.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./demo-command.ts')).demoCommand,
  },
  {
    name: 'version',
    summary: 'Prints the version.',
    positionals: '',
    minPositionals: 0,
    maxPositionals: 0,
    load: async () => (await import('./version-command.ts')).versionCommand,
  },
];
