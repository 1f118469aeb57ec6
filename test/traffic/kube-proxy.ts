import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import type { Place } from '../rig/place.ts';
import { scratchDirectory } from '../rig/scratch.ts';
import { freePorts, retryingPorts, ServerProcess } from '../rig/server-process.ts';

export interface KubeProxyOptions {
  /** The program. */
  readonly binary: string;
  /** The namespace whose nft rules it writes. */
  readonly place: Place;
  /** Name of a Node object that exists; its addresses decide the families served. */
  readonly nodeName: string;
}

/** A real kube-proxy in nftables mode. It must not run outside a namespace: it would write the machine's own rules. */
export class KubeProxy {
  readonly #apiserver: KubeApiserver;
  readonly #options: KubeProxyOptions;
  readonly #directory: string;
  readonly #ports: readonly number[];
  #process: ServerProcess | undefined;

  private constructor(
    apiserver: KubeApiserver,
    options: KubeProxyOptions,
    directory: string,
    ports: readonly number[],
  ) {
    this.#apiserver = apiserver;
    this.#options = options;
    this.#directory = directory;
    this.#ports = ports;
  }

  static async start(apiserver: KubeApiserver, options: KubeProxyOptions): Promise<KubeProxy> {
    const directory = await scratchDirectory('proxy');
    try {
      return await retryingPorts(async () => {
        const ports = await freePorts(2);
        const proxy = new KubeProxy(apiserver, options, directory, ports);
        await options.place.reach(ports[0] ?? 0);
        await proxy.restart();
        return proxy;
      });
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#process?.output ?? '';
  }

  /** SIGKILL: the rules stay as they are. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  async restart(): Promise<void> {
    await this.kill();
    const file = (name: string): string => join(this.#directory, name);
    await writeFile(file('kubeconfig'), this.#apiserver.kubeconfig(), { mode: 0o600 });
    await writeFile(file('config'), JSON.stringify(this.#configuration(file('kubeconfig'))));
    const { binary, place, nodeName } = this.#options;
    this.#process = await ServerProcess.start({
      file: binary,
      args: [`--config=${file('config')}`, `--hostname-override=${nodeName}`],
      cwd: this.#directory,
      place,
      ready: async () => {
        const url = `http://127.0.0.1:${this.#ports[0]}/healthz`;
        return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
      },
    });
  }

  /** Stops it and removes its files. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #configuration(kubeconfig: string): object {
    const [health, metrics] = this.#ports;
    return {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      clientConnection: { kubeconfig },
      healthzBindAddress: `127.0.0.1:${health}`,
      metricsBindAddress: `127.0.0.1:${metrics}`,
      // At the default of a second between two rounds every assertion would wait for one.
      nftables: { minSyncPeriod: '10ms' },
      // 0: leave the kernel's settings alone, which are the machine's.
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
      oomScoreAdj: 0,
    };
  }
}
