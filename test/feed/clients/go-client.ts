import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { within } from '../../rig/deadline.ts';
import type { ChurnedResource } from './random-objects.ts';
import { endsWithTest } from '../../rig/server-process.ts';

export interface GoClientOptions {
  readonly binary: string;
  readonly kubeconfig: string;
  readonly context?: string;
  readonly mode: 'typed' | 'dynamic' | 'metadata' | 'cache';
  readonly resources: readonly (ChurnedResource | 'remoteclusters')[];
  /** How a client-go of today begins: one watch, or a list and a watch. */
  readonly watchList: boolean;
}

export interface GoCounts {
  readonly requests: Readonly<Record<string, number>>;
  readonly types: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

/** One of Go's stock informers in a process of its own (`test/rig/clients`), synced. */
export class GoClient {
  readonly name: string;
  readonly options: GoClientOptions;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: Interface;
  readonly #answers: ((line: string) => void)[] = [];
  readonly #ended = Promise.withResolvers<never>();
  #errors = '';

  private constructor(options: GoClientOptions) {
    const { binary, kubeconfig, context, mode, resources, watchList } = options;
    this.options = options;
    this.name = `${mode} ${watchList ? 'by WatchList' : 'by list and watch'}${context === undefined ? '' : ` in ${context}`}`;
    const args = [`--kubeconfig=${kubeconfig}`, `--mode=${mode}`, `--resources=${resources.join(',')}`];
    if (context !== undefined) args.push(`--context=${context}`);
    const [file = binary, ...rest] = [...endsWithTest, binary, ...args];
    this.#child = spawn(file, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, KUBE_FEATURE_WatchListClient: String(watchList), GOMAXPROCS: '1' },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#child.stdin.on('error', () => {});
    this.#child.once('close', (code) => {
      this.#ended.reject(new Error(`${this.name} ended with ${code}: ${this.#errors}`));
    });
    this.#ended.promise.catch(() => {});
    this.#lines = createInterface(this.#child.stdout);
    this.#lines.on('line', (line) => this.#answers.shift()?.(line));
  }

  static async start(options: GoClientOptions): Promise<GoClient> {
    const client = new GoClient(options);
    try {
      assert.deepEqual(await client.#answer(), { synced: true });
    } catch (error) {
      client.stop();
      throw new Error(`${client.name}: ${client.#errors}`, { cause: error });
    }
    return client;
  }

  /** Its store by resource. */
  async dump(): Promise<Readonly<Record<string, readonly unknown[]>>> {
    return (await this.#ask('dump')) as Readonly<Record<string, readonly unknown[]>>;
  }

  async counts(): Promise<GoCounts> {
    return (await this.#ask('counts')) as GoCounts;
  }

  stop(): void {
    this.#lines.close();
    this.#child.kill('SIGKILL');
  }

  #ask(word: string): Promise<unknown> {
    this.#child.stdin.write(`${word}\n`);
    return this.#answer();
  }

  async #answer(): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#answers.push(resolve);
    const line = await within(this.name, Promise.race([promise, this.#ended.promise]), 20_000);
    return JSON.parse(line) as unknown;
  }
}
