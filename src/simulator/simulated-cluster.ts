import type { Clock } from '../runtime/clock.ts';
import { EtcdServer } from './etcd-server.ts';
import type { EtcdUser } from './etcd-auth.ts';
import { KubernetesServer } from './kubernetes-server.ts';
import type { ServerTls } from './listener.ts';
import type { WorldResource } from './world-items.ts';
import type { ExpectedEndpoint, World } from './world.ts';

/** Which servers a cluster has and how its RCC reaches them. */
export const CLUSTER_STYLES = [
  'kubernetes',
  'kubernetes-secret',
  'etcdv3',
  'etcdv3-secret',
  'etcdv3-kubernetes',
] as const;
export type ClusterStyle = (typeof CLUSTER_STYLES)[number];

export interface SimulatedClusterOptions {
  readonly name: string;
  readonly style: ClusterStyle;
  /** With etcd keys where the style has an etcd. */
  readonly world: World;
  readonly clock: Clock;
  readonly tls?: ServerTls | undefined;
  readonly token?: string | undefined;
  readonly user?: EtcdUser | undefined;
}

/** Whether clusters of that style have an etcd datastore. */
export function hasEtcd(style: ClusterStyle): boolean {
  return style.startsWith('etcdv3');
}

/** Whether clusters of that style have an API server. */
export function hasKubernetes(style: ClusterStyle): boolean {
  return style.includes('kubernetes');
}

/** One remote cluster: its data and its servers, with the faults that may befall them. */
export class SimulatedCluster {
  readonly name: string;
  readonly style: ClusterStyle;
  readonly world: World;
  readonly kubernetes: KubernetesServer | undefined;
  readonly etcd: EtcdServer | undefined;

  constructor(options: SimulatedClusterOptions) {
    const { name, style, world, clock, tls, token, user } = options;
    this.name = name;
    this.style = style;
    this.world = world;
    this.kubernetes = hasKubernetes(style) ? new KubernetesServer({ world, clock, tls, token }) : undefined;
    this.etcd = hasEtcd(style) ? new EtcdServer({ world, clock, tls, user }) : undefined;
  }

  /** True between `start` and `stop`. */
  get running(): boolean {
    return this.#listeners().every((listener) => listener.listening);
  }

  /** What a reader of this cluster must end up with. */
  expectedEndpoints(): ExpectedEndpoint[] {
    return [...this.world.expectedEndpoints()];
  }

  /** Listens; on the same ports after a stop. */
  async start(): Promise<void> {
    await Promise.all(this.#listeners().map((listener) => listener.start()));
  }

  /** Connections are cut and refused from now on; the data goes on changing. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners().map((listener) => listener.stop()));
  }

  /** Stop and start with the same data. The servers forget their history and tokens, as real ones do. */
  async reset(): Promise<void> {
    await this.stop();
    this.world.store.compact();
    this.etcd?.expireTokens();
    await this.start();
  }

  /** Connections are accepted and stay open, but nothing is answered. */
  freeze(): void {
    for (const listener of this.#listeners()) listener.freeze();
  }

  unfreeze(): void {
    this.kubernetes?.unfreeze();
    this.etcd?.unfreeze();
  }

  /** Resets every open connection. */
  cut(): void {
    for (const listener of this.#listeners()) listener.cut();
  }

  /** Old revisions are gone: 410 from the API server, compaction in etcd. */
  expireHistory(): void {
    this.world.store.compact();
  }

  /** The API server answers 403 for that resource, or no longer. */
  forbid(resource: WorldResource, forbidden: boolean): void {
    if (forbidden) this.kubernetes?.forbidden.add(resource);
    else this.kubernetes?.forbidden.delete(resource);
  }

  #listeners(): KubernetesServer['listener'][] {
    return [this.kubernetes, this.etcd].flatMap((server) => (server ? [server.listener] : []));
  }
}
