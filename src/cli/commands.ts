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
    summary: 'Asks a running daemon where an address comes from, or why it is left out.',
    positionals: 'IP',
    minPositionals: 1,
    maxPositionals: 1,
    load: async () => (await import('./explain-command.ts')).explainCommand,
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
