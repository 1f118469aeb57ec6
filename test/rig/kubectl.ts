import { spawn } from 'node:child_process';

export interface KubectlResult {
  /** 0 is success; -1 if it could not be run or was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl with the text on its stdin. Fails only by its exit code. */
export async function runKubectl(
  file: string,
  args: readonly string[],
  stdin: string | undefined,
): Promise<KubectlResult> {
  const { promise, resolve } = Promise.withResolvers<KubectlResult>();
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 60_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.once('error', (error) => resolve({ exitCode: -1, stdout, stderr: String(error) }));
  child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  // kubectl may end before it read everything: its exit code tells, not the broken pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  return promise;
}
