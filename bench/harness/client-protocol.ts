import type { Measured } from './meter.ts';

/**
 * A measured client is a process of its own. Its work is one JSON object in the first argument; on stdout it prints JSON
 * lines: `ready` where it waits for something to happen, `synced` at the end of what is timed, `result`.
 */
export type ClientLine = { readonly event: 'ready' | 'synced' } | ({ readonly event: 'result' } & Measured);

export function say(line: ClientLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Prints the result and ends the process, whatever sockets are still open. */
export function finish(measured: Measured): void {
  process.stdout.write(`${JSON.stringify({ event: 'result', ...measured })}\n`, () => process.exit(0));
}

/** The work that the harness gave this process. */
export function work(): unknown {
  return JSON.parse(process.argv[2] ?? '{}');
}
