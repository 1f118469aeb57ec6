#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { dispatch } from './cli/dispatch.ts';
import { EXIT } from './cli/exit-code.ts';
import { systemClock } from './runtime/clock.ts';

/** Beside `src` and `dist` alike. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

// `fedsyncd status | head` closes the pipe early: no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : 1),
);

const code = await dispatch({
  argv: process.argv.slice(2),
  environment: process.env,
  version,
  clock: systemClock,
  terminal: {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stdout.isTTY,
  },
  process: {
    onSignal: (signal, handler) => {
      process.on(signal, handler);
      return () => void process.off(signal, handler);
    },
    exit: (status) => process.exit(status),
  },
  // Loaded when called: `version` and `status` must not pay for the engine.
  wiring: {
    startDaemon: async (config) => (await import('./daemon.ts')).startDaemon(config, process.env),
    rccSources: async (config) => (await import('./daemon.ts')).rccSources(config, process.env),
    localCluster: async (values) => (await import('./federation.ts')).openLocalApi(values, process.env),
    adapters: async () => (await import('./daemon.ts')).allAdapters(process.env),
  },
});
// What is written to a pipe may still be under way.
process.stdout.write('', () => process.exit(code));
