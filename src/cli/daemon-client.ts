import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { formatAddress } from '../config/option-value.ts';
import type { Address } from '../config/option-value.ts';
import { printable } from '../model/printable.ts';
import { UsageError } from './command.ts';
import type { Terminal } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';

/** More than any fleet's status needs; an endless answer must not fill our memory. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Nobody, or somebody else, answers at the ops address. */
export class DaemonUnreachable extends Error {
  override readonly name = 'DaemonUnreachable';
  /** That of the command that asked. */
  readonly exitCode: ExitCode = EXIT.unreachable;
}

/** The daemon answers, but not with what was asked for; the message is its own. */
class DaemonRefused extends DaemonUnreachable {
  override readonly exitCode = EXIT.finding;
}

/** Runs the part of a command that asks a daemon: where that does not answer as asked, says so and ends with its exit code. */
export async function whileAsking(
  { err }: Pick<Terminal, 'err'>,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof DaemonUnreachable)) throw error;
    err(`fedsyncd: ${printable(error.message)}\n`);
    return error.exitCode;
  }
}

/** Asks a daemon's ops server for JSON. Rejects with DaemonUnreachable. */
export async function askDaemon(address: Address, path: string, timeoutMs: number): Promise<unknown> {
  const { host, port } = reachable(address);
  const where = formatAddress({ host, port });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    get({ host, port, path, signal, agent: false }, resolve).on('error', reject);
    const response = await promise;
    const text = await readText(response);
    if (response.statusCode !== 200) throw refusal(response.statusCode, text);
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof DaemonUnreachable) throw error;
    const why = signal.aborted ? `no answer in ${timeoutMs} ms` : reasonOf(error);
    throw new DaemonUnreachable(`no daemon at ${where}: ${why}`, { cause: error });
  }
}

/** A daemon that listens everywhere is asked at the loopback: pod and command share one FEDSYNCD_OPS_ADDRESS. */
function reachable({ host, port }: Address): Address {
  if (port === 0) throw new UsageError(['--ops-address needs the port of the daemon, not 0']);
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  return { host: host === '::' ? '::1' : host, port };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new DaemonUnreachable('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The sentence of the daemon's own refusals; the bare status of others'. */
function refusal(status: number | undefined, text: string): DaemonUnreachable {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === 'string') return new DaemonRefused(error.slice(0, 500));
  } catch {
    // Not one of ours.
  }
  return new DaemonUnreachable(`the ops address answers with HTTP status ${status}`);
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'the host name does not resolve';
  if (error instanceof SyntaxError) return 'the answer is not JSON; is this the ops address of fedsyncd?';
  return error instanceof Error ? error.message : String(error);
}
