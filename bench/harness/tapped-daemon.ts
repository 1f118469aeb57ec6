import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../test/rig/server-process.ts';
import type { TapReport } from '../clients/change-tap.ts';
import { compiled, daemon, profileOptions } from './build.ts';

/** Pins a process to a core. */
export const TASKSET = '/usr/bin/taskset';

/** The real daemon in a process of its own, on one core where the machine can pin it, with a listener on its index. */
export class TappedDaemon implements AsyncDisposable {
  readonly startedAt: number;
  readonly #child: ChildProcess;
  readonly #ops: string;
  #errors = '';

  private constructor(child: ChildProcess, ops: string) {
    this.startedAt = performance.now();
    this.#child = child;
    this.#ops = ops;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    child.stdout?.resume();
  }

  /** `more` are flags; a daemon beside other busy processes may be better off without a core of its own. */
  static async start(directory: string, more: readonly string[] = [], pinned = true): Promise<TappedDaemon> {
    const [port = 0] = await freePorts(1);
    const ops = `127.0.0.1:${port}`;
    const { file, args } = daemon([
      'run',
      `--rcc-directory=${directory}`,
      `--ops-address=${ops}`,
      '--log-level=error',
      ...more,
    ]);
    const node = [file, ...profileOptions(), '--import', compiled('clients/change-tap.ts'), ...args];
    const [program = '', ...rest] = pinned && existsSync(TASKSET) ? [TASKSET, '-c', '0', ...node] : node;
    return new TappedDaemon(spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }), ops);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Milliseconds since the start until the ops port answers. */
  async answering(): Promise<number> {
    for (;;) {
      if ((await this.#get('/liveness')) !== undefined) return performance.now() - this.startedAt;
      await delay(2);
      this.#expectRunning();
    }
  }

  /** Milliseconds since the start until all of that many clusters are in sync. */
  async inSync(clusters: number, withinMs: number): Promise<number> {
    while (performance.now() - this.startedAt < withinMs) {
      const text = await this.#get('/status');
      if (text !== undefined) {
        const { clusters: all } = JSON.parse(text) as { clusters: readonly { status: string }[] };
        if (all.length === clusters && all.every(({ status }) => status === 'InSync')) {
          return performance.now() - this.startedAt;
        }
      }
      await delay(250);
      this.#expectRunning();
    }
    throw new Error(`not all of ${clusters} clusters in sync within ${withinMs} ms`);
  }

  /** What came since the last report; `record` starts to write down arrivals. */
  async report(record = false): Promise<TapReport> {
    const answered = once(this.#child, 'message');
    this.#child.send(record ? 'record' : 'report');
    return ((await answered) as [TapReport])[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    // An orderly end writes the profile, if one is made.
    this.#child.kill(profileOptions().length > 0 ? 'SIGTERM' : 'SIGKILL');
    await ended;
  }

  #expectRunning(): void {
    if (this.#child.exitCode !== null) throw new Error(`the daemon ended: ${this.#errors}`);
  }

  async #get(path: string): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const request = get(`http://${this.#ops}${path}`, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
    });
    request.on('error', () => resolve(undefined));
    return promise;
  }
}
