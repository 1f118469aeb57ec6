import { rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import type { KubeApiserver } from './kube-apiserver.ts';
import type { Place } from './place.ts';
import { scratchDirectory } from './scratch.ts';
import { freePorts, retryingPorts, ServerProcess } from './server-process.ts';

/** What stands beside whoever writes EndpointSlices: those who write some too, and those who collect and empty. */
const serviceControllers = [
  'endpoints-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'garbage-collector-controller',
  'namespace-controller',
] as const;

export interface KubeControllerManagerOptions {
  /** The program. */
  readonly binary: string;
  /**
   * Controllers by the names of `--controllers`, none other run; `serviceControllers` unless given. For tokens in Secrets add
   * `serviceaccount-controller` and `serviceaccount-token-controller`.
   */
  readonly controllers?: readonly string[];
  /** More flags: `--max-endpoints-per-slice=2`. */
  readonly args?: readonly string[];
  readonly place?: Place;
}

/** A real kube-controller-manager as admin of a kube-apiserver of the rig: on loopback, alone (no election), unthrottled. */
export class KubeControllerManager {
  readonly #apiserver: KubeApiserver;
  readonly #options: KubeControllerManagerOptions;
  readonly #directory: string;
  readonly #port: number;
  #process: ServerProcess | undefined;

  private constructor(
    apiserver: KubeApiserver,
    options: KubeControllerManagerOptions,
    directory: string,
    port: number,
  ) {
    this.#apiserver = apiserver;
    this.#options = options;
    this.#directory = directory;
    this.#port = port;
  }

  /** Resolves once it serves `/healthz`; its controllers then need another moment to have listed everything. */
  static async start(
    apiserver: KubeApiserver,
    options: KubeControllerManagerOptions,
  ): Promise<KubeControllerManager> {
    const directory = await scratchDirectory('controller-manager');
    try {
      return await retryingPorts(async () => {
        const [port = 0] = await freePorts(1);
        const manager = new KubeControllerManager(apiserver, options, directory, port);
        await options.place?.reach(port);
        await manager.#launch([]);
        return manager;
      });
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#running.output;
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Starts again, with other flags after the first ones if given. */
  async restart(args: readonly string[] = []): Promise<void> {
    await this.kill();
    await this.#launch(args);
  }

  /** SIGSTOP: nothing is controlled until `resume`. */
  pause(): void {
    this.#running.pause();
  }

  resume(): void {
    this.#running.resume();
  }

  /** Stops it and removes its files. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('kube-controller-manager is not running');
    return this.#process;
  }

  async #launch(more: readonly string[]): Promise<void> {
    const file = (name: string): string => join(this.#directory, name);
    await writeFile(file('kubeconfig'), this.#apiserver.kubeconfig(), { mode: 0o600 });
    await writeFile(file('apiserver.crt'), this.#apiserver.ca);
    const { binary, controllers = serviceControllers, args = [], place } = this.#options;
    this.#process = await ServerProcess.start({
      file: binary,
      args: [
        `--kubeconfig=${file('kubeconfig')}`,
        `--controllers=${controllers.join(',')}`,
        '--leader-elect=false',
        '--bind-address=127.0.0.1',
        `--secure-port=${this.#port}`,
        `--cert-dir=${file('certificates')}`,
        `--service-account-private-key-file=${this.#apiserver.serviceAccountKeyFile}`,
        `--root-ca-file=${file('apiserver.crt')}`,
        // At the default of 20 requests a second the collector of many objects is what a test would wait for.
        '--kube-api-qps=1000',
        '--kube-api-burst=2000',
        ...args,
        ...more,
      ],
      cwd: this.#directory,
      ready: () => healthy(this.#port),
      ...(place === undefined ? {} : { place }),
    });
  }
}

async function healthy(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const url = `https://127.0.0.1:${port}/healthz`;
  // Its certificate is its own, made at start; nothing secret is sent.
  get(url, { rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(2000) })
    .once('error', reject)
    .once('response', (answer) => resolve(answer.resume().statusCode === 200));
  return promise;
}
