import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { compiled } from './build.ts';

/** A server process of the benchmark's own, spoken to by IPC messages. Its first message says that it is ready. */
export class BenchServer<Ready> implements AsyncDisposable {
  readonly ready: Ready;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: Ready) {
    this.#child = child;
    this.ready = ready;
  }

  /** Starts `bench/<file>`; rejects where it ends before it is ready. */
  static async start<Ready>(
    file: string,
    work: object,
    nodeOptions: readonly string[] = [],
  ): Promise<BenchServer<Ready>> {
    const child = fork(compiled(file), [JSON.stringify(work)], {
      execArgv: [...nodeOptions],
      serialization: 'advanced',
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${file} ended at start`);
    });
    const [ready] = (await Promise.race([once(child, 'message'), ended])) as [Ready];
    ended.catch(() => undefined);
    return new BenchServer(child, ready);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  send(message: string | object): void {
    this.#child.send(message);
  }

  /** Sends a message and waits for the next one from there. */
  async ask<Answer>(message: string | object): Promise<Answer> {
    const answered = once(this.#child, 'message');
    this.#child.send(message);
    return ((await answered) as [Answer])[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
