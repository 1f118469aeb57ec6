import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { ExecPlugin } from './endpoint.ts';
import type { KubeHost } from '../host.ts';

const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * Runs the plugin and resolves with its standard output. It is killed with all its children after the time limit or
 * when `lifetime` ends. Its standard error is dropped: plugins print tokens there when they are made to talk.
 * @throws DatastoreError reason ExecFailed
 */
export async function runPlugin(plugin: ExecPlugin, host: KubeHost, lifetime: AbortSignal): Promise<string> {
  lifetime.throwIfAborted();
  const child = spawn(plugin.command, plugin.args, {
    env: { ...host.environment, ...plugin.env, KUBERNETES_EXEC_INFO: execInfo(plugin) },
    stdio: ['ignore', 'pipe', 'ignore'],
    // Its own process group, so that a wrapper script dies with what it started.
    detached: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (why: string): void => {
    killGroup(child);
    reject(execError(plugin, why));
  };
  const seconds = Math.round(host.tuning.execTimeoutMs / 100) / 10;
  const stopTimer = host.clock.after(host.tuning.execTimeoutMs, () =>
    fail(`gave no answer within ${seconds} s and was killed`),
  );
  const onAbort = (): void => fail('was stopped');
  lifetime.addEventListener('abort', onAbort, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > MAX_OUTPUT_BYTES) fail(`printed more than ${MAX_OUTPUT_BYTES} bytes`);
    else chunks.push(chunk);
  });
  child.once('error', (error) => fail(startProblem(error)));
  child.once('close', (code, signal) => {
    if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
    else reject(execError(plugin, code === null ? `was ended by ${signal}` : `ended with exit code ${code}`));
  });
  try {
    return await promise;
  } finally {
    stopTimer();
    lifetime.removeEventListener('abort', onAbort);
    child.stdout.destroy();
  }
}

/** An error of the plugin, with the hint that its kubeconfig gives on how to install it. */
export function execError(plugin: ExecPlugin, why: string): DatastoreError {
  const hint = plugin.installHint === '' ? '' : ` (${plugin.installHint.replaceAll(/\s+/g, ' ').trim()})`;
  return new DatastoreError('retry', 'ExecFailed', `exec plugin ${plugin.command} ${why}${hint}`);
}

function execInfo(plugin: ExecPlugin): string {
  const cluster = plugin.clusterInfo;
  return JSON.stringify({
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster !== undefined && { cluster }) },
  });
}

function startProblem(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'was not found';
  if (code === 'EACCES') return 'is not executable';
  return `could not be started (${code === '' ? 'unknown error' : code})`;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
