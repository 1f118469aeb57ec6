import { generateKeyPairSync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Etcd } from './etcd.ts';
import { type ApiAnswer, HttpsCaller } from './https-caller.ts';
import { type KubectlResult, runKubectl } from './kubectl.ts';
import type { Place } from './place.ts';
import { scratchDirectory } from './scratch.ts';
import { freePorts, retryingPorts, ServerProcess } from './server-process.ts';

/** A user of the token file. RBAC is on: only group `system:masters` may do anything by itself. */
export interface RigUser {
  readonly name: string;
  readonly token: string;
  readonly groups: readonly string[];
}

/** `admin` may do everything, `nobody` nothing beyond discovery. */
const builtIn: readonly RigUser[] = [
  { name: 'admin', token: 'rig-admin-token', groups: ['system:masters'] },
  { name: 'nobody', token: 'rig-nobody-token', groups: [] },
];

export interface KubeApiserverOptions {
  readonly binaries: { readonly etcd: string; readonly kubeApiserver: string; readonly kubectl: string };
  /** Users beside `admin` and `nobody`. */
  readonly users?: readonly RigUser[];
  /** `{ WatchList: false }`. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  /** More flags: `--request-timeout=5s`, `--watch-cache=false`. */
  readonly args?: readonly string[];
  /** Serving certificate; without it the server makes its own, valid for 127.0.0.1 and localhost. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** Accept client certificates signed by this CA (CN is the user, O are the groups). */
  readonly clientCaFile?: string;
  readonly place?: Place;
}

/** A real kube-apiserver on loopback with an etcd of its own. No controllers run unless a KubeControllerManager is started: nothing fills token Secrets or deletes namespaces. */
export class KubeApiserver {
  /** `https://127.0.0.1:port`; the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** Its data store, to compact or to break. */
  readonly etcd: Etcd;
  readonly #options: KubeApiserverOptions;
  readonly #directory: string;
  #process: ServerProcess | undefined;
  #ca = '';

  private constructor(options: KubeApiserverOptions, directory: string, etcd: Etcd, port: number) {
    this.#options = options;
    this.#directory = directory;
    this.etcd = etcd;
    this.port = port;
    this.url = `https://127.0.0.1:${port}`;
  }

  static async start(options: KubeApiserverOptions): Promise<KubeApiserver> {
    const directory = await scratchDirectory('apiserver');
    let etcd: Etcd | undefined;
    try {
      const place = options.place === undefined ? {} : { place: options.place };
      const store = await Etcd.start({ binary: options.binaries.etcd, ...place });
      etcd = store;
      return await retryingPorts(async () => {
        const [port = 0] = await freePorts(1);
        const server = new KubeApiserver(options, directory, store, port);
        await server.#writeFiles();
        await options.place?.reach(port);
        await server.#launch([]);
        return server;
      });
    } catch (error) {
      await etcd?.dispose();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get users(): readonly RigUser[] {
    return [...builtIn, ...(this.#options.users ?? [])];
  }

  /** The CA in PEM that proves the server. */
  get ca(): string {
    return this.#ca;
  }

  get adminToken(): string {
    return this.token('admin');
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** The end of what the server printed. */
  get output(): string {
    return this.#running.output;
  }

  /** The key that signs the tokens of service accounts. */
  get serviceAccountKeyFile(): string {
    return join(this.#directory, 'sa.key');
  }

  /** The bearer token of a user of the token file. */
  token(user: string): string {
    const found = this.users.find((candidate) => candidate.name === user);
    if (found === undefined) throw new Error(`no such user: ${user}`);
    return found.token;
  }

  /** Kubeconfig text of a user of the token file, or with the token given. */
  kubeconfig(user = 'admin', token = this.token(user)): string {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'rig',
      contexts: [{ name: 'rig', context: { cluster: 'rig', user } }],
      clusters: [
        {
          name: 'rig',
          cluster: {
            server: this.url,
            'certificate-authority-data': Buffer.from(this.#ca).toString('base64'),
          },
        },
      ],
      users: [{ name: user, user: { token } }],
    };
    return JSON.stringify(config, null, 2);
  }

  /** The same as a file. */
  async kubeconfigFile(user = 'admin', token = this.token(user)): Promise<string> {
    const file = join(this.#directory, `kubeconfig-${user}`);
    await writeFile(file, this.kubeconfig(user, token), { mode: 0o600 });
    return file;
  }

  /**
   * Runs kubectl, as admin unless told.
   *
   * @returns what it printed on stdout.
   * @throws Error with its stderr if it fails.
   */
  async kubectl(args: readonly string[], options: { stdin?: string; user?: string } = {}): Promise<string> {
    const result = await this.tryKubectl(args, options);
    if (result.exitCode !== 0) throw new Error(`kubectl ${args.join(' ')}: ${result.stderr}${result.stdout}`);
    return result.stdout;
  }

  /** Like `kubectl`, for calls that may fail. */
  async tryKubectl(
    args: readonly string[],
    options: { stdin?: string; user?: string } = {},
  ): Promise<KubectlResult> {
    const kubeconfig = await this.kubeconfigFile(options.user);
    const all = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(this.#directory, 'cache')}`, ...args];
    return runKubectl(this.#options.binaries.kubectl, all, options.stdin);
  }

  /** One JSON request, as admin unless told: far cheaper than kubectl. Never throws for an HTTP status. */
  async call(method: string, path: string, body?: unknown, user = 'admin'): Promise<ApiAnswer> {
    return this.#caller(this.token(user)).call(method, path, body);
  }

  /** Like `call`, with any bearer token: that of a service account, say. */
  async callWithToken(token: string, method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return this.#caller(token).call(method, path, body);
  }

  /** A token of a service account, by the TokenRequest API. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    return (await this.kubectl(['create', 'token', name, '--namespace', namespace])).trim();
  }

  /** Applies a manifest (text, or a file's path), and waits until its CRDs are served. */
  async apply(manifest: { text: string } | { file: string }): Promise<void> {
    const text = 'text' in manifest ? manifest.text : await readFile(manifest.file, 'utf8');
    await this.kubectl(['apply', '--server-side', '-f', '-'], { stdin: text });
    if (!text.includes('kind: CustomResourceDefinition')) return;
    await this.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=20s']);
  }

  /** Applies the test CRDs of one of Calico's groups: hostendpoints, ippools, clusterinformations. */
  async applyCalicoCrds(group: 'crd.projectcalico.org' | 'projectcalico.org'): Promise<void> {
    await this.apply({ file: join(import.meta.dirname, 'crds', `${group}.yaml`) });
  }

  /** SIGTERM. The store goes on and the port stays, for `restart`. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** SIGKILL. The store goes on and the port stays, for `restart`. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = undefined;
  }

  /** Starts again on the same port and store, with other flags after the first ones if given. */
  async restart(args: readonly string[] = []): Promise<void> {
    await this.kill();
    await this.#launch(args);
  }

  /** SIGSTOP: connections stay open, nothing answers, until `resume`. */
  pause(): void {
    this.#running.pause();
  }

  resume(): void {
    this.#running.resume();
  }

  /** Stops server and store and removes their data. */
  async dispose(): Promise<void> {
    await this.kill();
    await this.etcd.dispose();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #running(): ServerProcess {
    if (this.#process === undefined) throw new Error('kube-apiserver is not running');
    return this.#process;
  }

  #caller(token: string): HttpsCaller {
    return new HttpsCaller(this.url, this.#ca, token);
  }

  async #writeFiles(): Promise<void> {
    const keys = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await writeFile(join(this.#directory, 'sa.pub'), keys.publicKey);
    await writeFile(this.serviceAccountKeyFile, keys.privateKey, { mode: 0o600 });
    const lines = this.users.map(
      ({ token, name, groups }) => `${token},${name},${name},"${groups.join(',')}"\n`,
    );
    await writeFile(join(this.#directory, 'tokens.csv'), lines.join(''), { mode: 0o600 });
  }

  async #launch(more: readonly string[]): Promise<void> {
    const { tls, place } = this.#options;
    const caFile = tls?.caFile ?? join(this.#directory, 'certificates', 'apiserver.crt');
    this.#process = await ServerProcess.start({
      file: this.#options.binaries.kubeApiserver,
      args: [...this.#arguments(), ...more],
      cwd: this.#directory,
      ready: async () => {
        this.#ca = await readFile(caFile, 'utf8');
        const answer = await this.call('GET', '/readyz');
        return answer.status === 200;
      },
      ...(place === undefined ? {} : { place }),
    });
  }

  #arguments(): string[] {
    const { tls, clientCaFile, featureGates, args } = this.#options;
    const file = (name: string): string => join(this.#directory, name);
    const gates = Object.entries(featureGates ?? {}).map(([gate, on]) => `${gate}=${on}`);
    return [
      `--etcd-servers=${this.etcd.endpoint}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
      `--secure-port=${this.port}`,
      `--cert-dir=${file('certificates')}`,
      ...(tls === undefined
        ? []
        : [`--tls-cert-file=${tls.certFile}`, `--tls-private-key-file=${tls.keyFile}`]),
      ...(clientCaFile === undefined ? [] : [`--client-ca-file=${clientCaFile}`]),
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${this.serviceAccountKeyFile}`,
      // No controller makes `default` accounts here, and pods are to be created all the same.
      '--disable-admission-plugins=ServiceAccount',
      ...(gates.length === 0 ? [] : [`--feature-gates=${gates.join(',')}`]),
      ...(args ?? []),
    ];
  }
}
