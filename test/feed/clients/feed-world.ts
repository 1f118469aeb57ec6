import type { ClusterStatus } from '../../../src/contract/cluster-status.ts';
import type { ClusterReplica } from '../../../src/contract/replica.ts';
import { openFeedAccess } from '../../../src/feed/access/feed-access.ts';
import { feedKubeconfig } from '../../../src/feed/access/kubeconfig.ts';
import type { FeedLimits } from '../../../src/feed/api/feed-limits.ts';
import { FeedServer } from '../../../src/feed/api/feed-server.ts';
import { JournalStore } from '../../../src/feed/journal/journal-store.ts';
import type { JournalLimits } from '../../../src/feed/journal/journal-store.ts';
import { MergedIndex } from '../../../src/index/merged-index.ts';
import type { Resource } from '../../../src/model/kind.ts';
import type { Delta } from '../../../src/model/delta.ts';
import type { Entry } from '../../../src/model/objects.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { seededRandom, systemRandom, type Random } from '../../../src/runtime/random.ts';
import { keyOf } from '../../index/fixtures.ts';
import { freePorts, retryingPorts } from '../../rig/server-process.ts';
import { Relay } from '../../support/relay.ts';
import { OPEN } from '../access/access-fixture.ts';
import { clusterStatus } from '../objects/fixtures.ts';
import { CHURNED, NAMES, randomEntry } from './random-objects.ts';
import type { ChurnedResource } from './random-objects.ts';

export interface FeedWorldOptions {
  readonly clusters?: readonly string[];
  readonly journal?: Partial<JournalLimits>;
  readonly limits?: Partial<FeedLimits>;
  readonly seed?: number;
}

interface RunningFeed {
  readonly store: JournalStore;
  readonly server: FeedServer;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** The feed over a real index that changes at random, with a relay in front whose connections can be cut. */
export class FeedWorld {
  readonly index: MergedIndex;
  /** What is reported as a fault of the feed: a test that goes well has none. */
  readonly faults: string[] = [];
  /** Objects that were put or deleted, once for each time. */
  changes = 0;
  readonly #options: FeedWorldOptions;
  readonly #random: Random;
  readonly #replicas = new Map<string, ClusterReplica>();
  readonly #statuses = new Map<string, ClusterStatus>();
  readonly #port: number;
  #relay: Relay | undefined;
  #feed: RunningFeed | undefined;

  private constructor(options: FeedWorldOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#random = seededRandom(options.seed ?? 1);
    this.index = new MergedIndex({
      clock: systemClock,
      random: seededRandom(7),
      report: (event) => void this.faults.push(JSON.stringify(event)),
      maxObjectsPerCluster: 1_000_000,
    });
  }

  /** Filled, and served. */
  static async start(options: FeedWorldOptions = {}): Promise<FeedWorld> {
    return retryingPorts(async () => {
      const [port = 0] = await freePorts(1);
      const world = new FeedWorld(options, port);
      for (const cluster of options.clusters ?? ['east', 'west', 'prod.eu']) world.addCluster(cluster);
      await world.#serve();
      world.#relay = await Relay.start(port);
      return world;
    });
  }

  get store(): JournalStore {
    if (this.#feed === undefined) throw new Error('the feed does not run');
    return this.#feed.store;
  }

  get server(): FeedServer {
    if (this.#feed === undefined) throw new Error('the feed does not run');
    return this.#feed.server;
  }

  /** Where clients reach it, by way of the relay. */
  get url(): string {
    return `http://127.0.0.1:${this.#relay?.port ?? 0}`;
  }

  /** Past the relay, which holds what a client does not read. */
  get port(): number {
    return this.#port;
  }

  get clusters(): readonly string[] {
    return [...this.#statuses.keys()];
  }

  get statuses(): readonly ClusterStatus[] {
    return [...this.#statuses.values()];
  }

  /** One context for each view. */
  kubeconfig(): string {
    return feedKubeconfig({
      server: this.url,
      caPem: undefined,
      merged: true,
      clusters: this.clusters,
      credential: undefined,
    });
  }

  /** With every object that the churn knows. */
  addCluster(name: string): void {
    const replica = this.index.open(name);
    this.#replicas.set(name, replica);
    for (const resource of CHURNED) this.resync(name, resource);
    this.setStatus(name, {});
  }

  addEmptyCluster(name: string): void {
    this.#replicas.set(name, this.index.open(name));
    this.setStatus(name, {});
  }

  setStatus(name: string, more: Partial<ClusterStatus>): void {
    this.#statuses.set(name, clusterStatus({ ...this.#statuses.get(name), ...more, name }));
  }

  async removeCluster(name: string): Promise<void> {
    const replica = this.#replicas.get(name);
    this.#replicas.delete(name);
    this.#statuses.delete(name);
    await replica?.drop();
  }

  apply(cluster: string, resource: Resource, deltas: readonly Delta[]): void {
    const replica = this.#replicas.get(cluster);
    if (replica === undefined) throw new Error(`no cluster ${cluster}`);
    replica.resource(resource).apply(deltas);
    this.changes += deltas.length;
  }

  put(cluster: string, resource: Resource, ...entries: readonly Entry[]): void {
    this.apply(
      cluster,
      resource,
      entries.map((entry) => ({ op: 'put', entry })),
    );
  }

  /** A complete list of three quarters of the objects, as after a connection was lost. */
  resync(cluster: string, resource: ChurnedResource): void {
    const store = this.#replicas.get(cluster)?.resource(resource);
    const entries: Entry[] = [];
    for (let number = 0; number < NAMES[resource]; number++) {
      if (this.#random() < 0.75) entries.push(randomEntry(resource, number, this.#random));
    }
    store?.begin();
    store?.apply(entries.map((entry) => ({ op: 'put', entry })));
    store?.end();
    this.changes += entries.length;
  }

  /** One batch of random changes, of one resource of one cluster; now and then a whole new list. */
  churn(): void {
    const random = this.#random;
    const cluster = pick(random, [...this.#replicas.keys()]);
    const resource = pick(random, CHURNED);
    if (random() < 0.02) {
      this.resync(cluster, resource);
      return;
    }
    const count = random() < 0.8 ? 1 : 1 + Math.floor(random() * 12);
    const deltas: Delta[] = [];
    for (let i = 0; i < count; i++) {
      const entry = randomEntry(resource, Math.floor(random() * NAMES[resource]), random);
      deltas.push(random() < 0.3 ? { op: 'delete', key: keyOf(entry) } : { op: 'put', entry });
    }
    this.apply(cluster, resource, deltas);
    if (random() < 0.01) this.#flip(cluster);
  }

  /** Every connection of a client breaks. */
  cut(): void {
    this.#relay?.cut();
  }

  /** Ends the feed and starts another in its place: the data stays, the process is a new one. */
  async restart(): Promise<void> {
    await this.stopFeed();
    await this.#serve();
  }

  async stopFeed(): Promise<void> {
    const feed = this.#feed;
    this.#feed = undefined;
    await feed?.server.close();
    feed?.stop.abort(new Error('the feed is stopped'));
    await feed?.ended;
  }

  async close(): Promise<void> {
    this.#relay?.close();
    await this.stopFeed();
  }

  #flip(cluster: string): void {
    const isOut = this.#statuses.get(cluster)?.status === 'NotConnecting';
    const since = Date.now();
    if (isOut) this.setStatus(cluster, { status: 'InSync', reason: 'Synced', since });
    else this.setStatus(cluster, { status: 'NotConnecting', reason: 'Timeout', since });
  }

  async #serve(): Promise<void> {
    const stop = new AbortController();
    const clock = systemClock;
    const store = new JournalStore({
      lister: this.index,
      fleet: { clusters: () => [...this.#statuses.values()] },
      clock,
      random: systemRandom,
      report: (event) => void this.faults.push(JSON.stringify(event)),
      ...(this.#options.journal && { limits: this.#options.journal }),
    });
    const access = await openFeedAccess(OPEN, {
      clock,
      localApi: undefined,
      report: (event) => void this.faults.push(JSON.stringify(event)),
    });
    const server = new FeedServer({
      store,
      access,
      clock,
      version: '1.2.3',
      ready: () => true,
      report: (event) => {
        if (event.event === 'feed.error') this.faults.push(event.message);
      },
      limits: { closeMs: 200, ...this.#options.limits },
    });
    const ended = Promise.all([store.run(stop.signal), access.run(stop.signal)]);
    await server.listen({ host: '127.0.0.1', port: this.#port });
    this.#feed = { store, server, stop, ended };
  }
}

export function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}
