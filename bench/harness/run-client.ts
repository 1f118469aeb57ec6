import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ClientLine } from './client-protocol.ts';
import type { Measured } from './meter.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One run of a client. */
export interface Run extends Measured {
  /** From the start of the process until it was synced, as seen from outside. */
  readonly processMs: number;
}

/**
 * Runs one client process to its end. `onReady` is called when it says that it waits.
 *
 * @throws Error with the end of its stderr, where it prints no result or takes longer than ten minutes.
 */
export async function runClient(command: Command, onReady?: () => Promise<void>): Promise<Run> {
  const began = performance.now();
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
    timeout: 600_000,
    killSignal: 'SIGKILL',
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const closed = once(child, 'close');
  let processMs = Number.NaN;
  let result: Measured | undefined;
  let failure: Error | undefined;
  for await (const text of createInterface({ input: child.stdout })) {
    if (!text.startsWith('{"event"')) continue;
    const line = JSON.parse(text) as ClientLine;
    if (line.event === 'synced') processMs = performance.now() - began;
    else if (line.event === 'result') {
      result = line;
      // Not to wait for its exit, unless that writes a profile: Node joins its threads there, and one that compiles may be waiting
      // for a collection of the thread that joins it, for ever.
      if (!command.args.includes('--cpu-prof')) child.kill('SIGKILL');
    } else {
      onReady?.().catch((error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
        child.kill('SIGKILL');
      });
    }
  }
  await closed;
  if (failure !== undefined) throw failure;
  if (result === undefined) {
    throw new Error(`${command.file} ${command.args.join(' ')}: no result\n${errors}`);
  }
  return { ...result, processMs };
}
