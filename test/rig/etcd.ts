import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Etcd3, type IOptions } from 'etcd3';
import type { Place } from './place.ts';
import { scratchDirectory } from './scratch.ts';
import { freePorts, retryingPorts, ServerProcess } from './server-process.ts';

export interface EtcdTls {
  /** Server certificate and key (PEM files), and the CA that a client checks them with. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  /** Set: clients must show a certificate signed by this CA; the rig's own client shows `clientCertFile`. */
  readonly clientCaFile?: string;
  readonly clientCertFile?: string;
  readonly clientKeyFile?: string;
}

export interface EtcdOptions {
  /** The program. */
  readonly binary: string;
  readonly tls?: EtcdTls;
  /** Turns authentication on, with user root of this password. */
  readonly rootPassword?: string;
  /** More flags: `--quota-backend-bytes=…`, `--auth-token-ttl=2`. */
  readonly args?: readonly string[];
  /** Where clients connect; `127.0.0.1` unless told. */
  readonly host?: '127.0.0.1' | '[::1]';
  readonly place?: Place;
}

/** A real etcd on loopback with data of its own. Not started by construction: `Etcd.start`. */
export class Etcd {
  /** `http(s)://127.0.0.1:port`, or with the host that was told; the same over restarts. */
  readonly endpoint: string;
  readonly port: number;
  readonly #options: EtcdOptions;
  readonly #directory: string;
  readonly #ports: readonly number[];
  #process: ServerProcess | undefined;
  #client: Etcd3 | undefined;

  private constructor(options: EtcdOptions, directory: string, ports: readonly number[]) {
    this.#options = options;
    this.#directory = directory;
    this.#ports = ports;
    this.port = ports[0] ?? 0;
    const { tls, host = '127.0.0.1' } = options;
    this.endpoint = `${tls === undefined ? 'http' : 'https'}://${host}:${this.port}`;
  }

  static async start(options: EtcdOptions): Promise<Etcd> {
    const directory = await scratchDirectory('etcd');
    try {
      const etcd = await retryingPorts(async () => {
        const ports = await freePorts(3);
        const fresh = new Etcd(options, directory, ports);
        for (const port of ports) await options.place?.reach(port);
        await fresh.#launch();
        return fresh;
      });
      if (options.rootPassword !== undefined) await etcd.#enableAuth(options.rootPassword);
      return etcd;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** The end of what etcd printed. */
  get output(): string {
    return this.#running.output;
  }

  /** A client of this etcd, made anew after a restart; closed by the rig. */
  get client(): Etcd3 {
    const client = this.#client;
    if (client === undefined) throw new Error('etcd is not running');
    return client;
  }

  /** @returns the revision of the write. */
  async put(key: string, value: string | Buffer): Promise<number> {
    return Number((await this.client.put(key).value(value)).header.revision);
  }

  /** @returns the revision of the delete. */
  async delete(key: string): Promise<number> {
    return Number((await this.client.delete().key(key)).header.revision);
  }

  /** @returns the revision of the delete. */
  async deletePrefix(prefix: string): Promise<number> {
    return Number((await this.client.delete().prefix(prefix)).header.revision);
  }

  /** Several puts in one transaction, so with one revision. At most 128, etcd's limit. */
  async putAll(pairs: ReadonlyMap<string, string>): Promise<number> {
    const puts = [...pairs].map(([key, value]) => this.client.put(key).value(value));
    const answer = await this.client
      .if('fedsyncd-rig-never', 'Create', '==', 0)
      .then(...puts)
      .commit();
    return Number(answer.header.revision);
  }

  /** The current revision. */
  async revision(): Promise<number> {
    return Number((await this.client.get('fedsyncd-rig-never').exec()).header.revision);
  }

  /** Compacts up to a revision (now: the current one), physically. */
  async compact(revision?: number): Promise<void> {
    const upTo = revision ?? (await this.revision());
    await this.client.kv.compact({ revision: String(upTo), physical: true });
  }

  /** SIGTERM. Data and ports stay, for `restart`. */
  async stop(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** SIGKILL. Data and ports stay, for `restart`. */
  async kill(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Starts again on the same port; `empty` throws the data away first: another cluster at the same address. */
  async restart(options: { empty?: boolean } = {}): Promise<void> {
    await this.stop();
    if (options.empty === true) {
      await rm(join(this.#directory, 'data'), { recursive: true, force: true });
    }
    await this.#launch();
  }

  /** SIGSTOP: connections stay open, nothing answers, until `resume`. */
  pause(): void {
    this.#running.pause();
  }

  resume(): void {
    this.#running.resume();
  }

  /** Stops and removes the data. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('etcd is not running');
    return this.#process;
  }

  async #launch(): Promise<void> {
    const [, peer = 0, metrics = 0] = this.#ports;
    const { tls, place } = this.#options;
    const args = [
      '--name=rig',
      `--data-dir=${join(this.#directory, 'data')}`,
      `--listen-client-urls=${this.endpoint}`,
      `--advertise-client-urls=${this.endpoint}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=rig=http://127.0.0.1:${peer}`,
      `--listen-metrics-urls=http://127.0.0.1:${metrics}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      '--logger=zap',
      ...(tls === undefined ? [] : [`--cert-file=${tls.certFile}`, `--key-file=${tls.keyFile}`]),
      ...(tls?.clientCaFile === undefined
        ? []
        : ['--client-cert-auth', `--trusted-ca-file=${tls.clientCaFile}`]),
      ...(this.#options.args ?? []),
    ];
    const health = `http://127.0.0.1:${metrics}/health`;
    this.#process = await ServerProcess.start({
      file: this.#options.binary,
      args,
      cwd: this.#directory,
      ready: async () => {
        const answer = await fetch(health, { signal: AbortSignal.timeout(2000) });
        return answer.ok && (await answer.text()).includes('"true"');
      },
      ...(place === undefined ? {} : { place }),
    });
    this.#client = new Etcd3(await this.#clientOptions(this.#options.rootPassword));
  }

  async #clientOptions(rootPassword: string | undefined): Promise<IOptions> {
    const { tls } = this.#options;
    const auth = rootPassword === undefined ? {} : { auth: { username: 'root', password: rootPassword } };
    if (tls === undefined) return { hosts: this.endpoint, ...auth };
    const rootCertificate = await readFile(tls.caFile);
    const own =
      tls.clientKeyFile === undefined || tls.clientCertFile === undefined
        ? {}
        : { privateKey: await readFile(tls.clientKeyFile), certChain: await readFile(tls.clientCertFile) };
    return { hosts: this.endpoint, credentials: { rootCertificate, ...own }, ...auth };
  }

  async #enableAuth(password: string): Promise<void> {
    const client = new Etcd3(await this.#clientOptions(undefined));
    try {
      await client.role('root').create();
      const user = client.user('root');
      await user.create(password);
      await user.addRole('root');
      await client.auth.authEnable();
    } finally {
      client.close();
    }
  }
}
