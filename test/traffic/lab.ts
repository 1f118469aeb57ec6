import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { after, before } from 'node:test';
import { until } from '../rig/deadline.ts';
import type { ServerName } from '../rig/find-servers.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import type { KubeControllerManager } from '../rig/kube-controller-manager.ts';
import type { Place } from '../rig/place.ts';
import { endsWithTest } from '../rig/server-process.ts';
import { describeUnless, missingServers, newRig, type Rig } from '../rig/suite.ts';
import { KubeProxy } from './kube-proxy.ts';
import { NetworkNamespace } from './network-namespace.ts';
import { Probe } from './probe.ts';

const servers = [
  'etcd',
  'kube-apiserver',
  'kubectl',
  'kube-controller-manager',
  'kube-proxy',
] as const satisfies readonly ServerName[];

const nodeName = 'lab-node';
const nodeIps = ['192.168.77.1', 'fd00:77::1'] as const;
const serviceCidrs = '10.96.0.0/16,fd00:96::/112';

/** A server that says its name and hangs up. Nothing in any API tells of it: that is the test's part. */
export interface Pod {
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly port: number;
  /** Its addresses stay, its port refuses. */
  stop(): Promise<void>;
  /** Listens again. */
  start(): Promise<void>;
}

/**
 * A machine in a box, for what traffic does: the namespace `node` has a kube-apiserver with etcd, a kube-controller-manager and
 * a kube-proxy that writes nft rules; a veth pair leads from it to the namespace of the pods.
 *
 *     test ── loopback ports ──▶ node: apiserver, controller-manager, kube-proxy, daemon ── veth ── pods: 10.244.x.y, fd00:244::n
 *
 * Loopback inside is not that of the test, but every port of a server started with `rig` leads inside from here, so URLs and
 * kubeconfigs hold on both sides. Services get addresses of 10.96.0.0/16 and fd00:96::/112.
 */
export class TrafficLab {
  /** Starts servers inside `node`: `rig.kubeApiserver()` is a remote cluster. */
  readonly rig: Rig;
  readonly #node: NetworkNamespace;
  readonly #pods = new NetworkNamespace();
  readonly #children: ChildProcess[] = [];
  readonly #probes: Probe[] = [];
  #apiserver: KubeApiserver | undefined;
  #controllerManager: KubeControllerManager | undefined;
  #proxy: KubeProxy | undefined;
  #podCount = 0;

  constructor(node: NetworkNamespace, rig: Rig) {
    this.#node = node;
    this.rig = rig;
  }

  /** The local cluster: IPv4 first, both families. */
  get apiserver(): KubeApiserver {
    return started(this.#apiserver);
  }

  get controllerManager(): KubeControllerManager {
    return started(this.#controllerManager);
  }

  get proxy(): KubeProxy {
    return started(this.#proxy);
  }

  /** The namespace `node`, for what takes a place: `DaemonProcess.start(args, env, lab.node)`. */
  get node(): Place {
    return this.#node;
  }

  /** A new pod with an address of each family, reachable from `node`. */
  async pod(name: string, port = 8080): Promise<Pod> {
    const number = ++this.#podCount;
    const ipv4 = `10.244.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    const ipv6 = `fd00:244::${number.toString(16)}`;
    await this.#pods.run('ip', 'address', 'add', `${ipv4}/32`, 'dev', 'veth0');
    await this.#pods.run('ip', 'address', 'add', `${ipv6}/128`, 'dev', 'veth0', 'nodad');
    const each = async (ask: 'listen' | 'close'): Promise<void> => {
      for (const ip of [ipv4, ipv6]) await this.#pods.ask({ ask, ip, port, name });
    };
    await each('listen');
    return { name, ipv4, ipv6, port, start: () => each('listen'), stop: () => each('close') };
  }

  /**
   * Opens one new TCP connection from `node` and reads it to the end.
   *
   * @returns the name of the pod that answered, or the code of the error: `ECONNREFUSED`, `ETIMEDOUT`, `ECONNRESET`, ….
   */
  async connect(ip: string, port: number, timeoutMs = 2000): Promise<string> {
    return this.#node.ask({ ask: 'connect', ip, port, timeoutMs }, timeoutMs + 10_000);
  }

  /** Connects every 10 ms until the probe is stopped, which the lab does at the latest. */
  probe(ip: string, port: number): Probe {
    const probe = Probe.start(() => this.connect(ip, port));
    this.#probes.push(probe);
    return probe;
  }

  /** Starts a program inside `node`; it is killed with the lab at the latest. */
  spawn(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>> = process.env,
  ): ChildProcess {
    const [wrapper = '', ...words] = [...endsWithTest, ...this.#node.command, file, ...args];
    const child = spawn(wrapper, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  /** Runs a short command inside `node` and gives its stdout: `nft list ruleset`. */
  async run(...words: readonly string[]): Promise<string> {
    return this.#node.run(...words);
  }

  async start(): Promise<void> {
    await Promise.all([this.#node.start(), this.#pods.start()]);
    await this.#connectNamespaces();
    this.#apiserver = await this.rig.kubeApiserver({ args: [`--service-cluster-ip-range=${serviceCidrs}`] });
    const node = { metadata: { name: nodeName } };
    const answer = await this.#apiserver.call('POST', '/api/v1/nodes', node);
    if (answer.status !== 201) throw new Error(`no Node object: ${JSON.stringify(answer.body)}`);
    const addresses = nodeIps.map((address) => ({ type: 'InternalIP', address }));
    const patch = { status: { addresses } };
    await this.#apiserver.call('PATCH', `/api/v1/nodes/${nodeName}/status`, patch);
    this.#controllerManager = await this.rig.kubeControllerManager(this.#apiserver);
    this.#proxy = await KubeProxy.start(this.#apiserver, {
      binary: this.rig.binary('kube-proxy'),
      place: this.#node,
      nodeName,
    });
    // Healthy comes before its first round of rules.
    await until('rules of kube-proxy', async () => {
      const tables = await this.#node.run('nft', 'list', 'tables');
      return tables.includes('ip kube-proxy') && tables.includes('ip6 kube-proxy');
    });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.stop()));
    for (const child of this.#children) child.kill('SIGKILL');
    await this.#proxy?.dispose();
    await Promise.all([this.#node.dispose(), this.#pods.dispose()]);
  }

  /** The pods' side answers for each address that is added to it, so one link and no bridge carries all pods. */
  async #connectNamespaces(): Promise<void> {
    const pair = ['type', 'veth', 'peer', 'name', 'veth0', 'netns', String(this.#pods.pid)];
    await this.#node.run('ip', 'link', 'add', 'veth0', ...pair);
    const [ipv4, ipv6] = nodeIps;
    await this.#node.run('ip', 'address', 'add', `${ipv4}/32`, 'dev', 'veth0');
    await this.#node.run('ip', 'address', 'add', `${ipv6}/128`, 'dev', 'veth0', 'nodad');
    for (const side of [this.#node, this.#pods]) await side.run('ip', 'link', 'set', 'veth0', 'up');
    // Without a default route a packet to a Service address ends before kube-proxy's rules see it.
    await this.#node.run('ip', 'route', 'add', 'default', 'dev', 'veth0', 'src', ipv4);
    await this.#node.run('ip', '-6', 'route', 'add', 'default', 'dev', 'veth0', 'src', ipv6);
    await this.#pods.run('ip', 'route', 'add', `${ipv4}/32`, 'dev', 'veth0');
    await this.#pods.run('ip', '-6', 'route', 'add', `${ipv6}/128`, 'dev', 'veth0');
  }
}

/**
 * A `describe` with a lab that is up before its tests and down after them. Needs root, nft, ip and the real servers: elsewhere
 * it is skipped by name, and fails with CI set, like `withServers`.
 */
export function withTrafficLab(name: string, suite: (lab: TrafficLab) => void): void {
  describeUnless(missingServers(servers) ?? missingPowers(), name, () => {
    const node = new NetworkNamespace();
    const lab = new TrafficLab(node, newRig(node));
    before(() => lab.start());
    after(() => lab.dispose());
    suite(lab);
  });
}

/** Tries, in a namespace that is gone again at once, what a lab does. */
export function missingPowers(): string | undefined {
  const trial = 'ip link add name va type veth peer name vb && nft list tables && nsenter --version';
  const tried = spawnSync('unshare', ['--net', '--', 'sh', '-c', trial], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (tried.status === 0) return undefined;
  const reason = tried.error === undefined ? tried.stderr.trim() : String(tried.error);
  return `no network namespaces with nft here (${reason}); remedy: root on Linux, with the packages nftables, iproute2, util-linux`;
}

function started<T>(server: T | undefined): T {
  if (server === undefined) throw new Error('the lab has not been started');
  return server;
}
