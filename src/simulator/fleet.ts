import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import { systemClock } from '../runtime/clock.ts';
import { seededRandom } from '../runtime/random.ts';
import { Catalogue } from './catalogue.ts';
import { runChurn } from './churn.ts';
import { uuid } from './identity.ts';
import { rccYaml } from './rcc-documents.ts';
import { SimulatedCluster, hasEtcd } from './simulated-cluster.ts';
import type { ClusterStyle } from './simulated-cluster.ts';
import { World, podNetworkFor } from './world.ts';
import type { ExpectedEndpoint } from './world.ts';

export interface FleetOptions {
  readonly clusters: number;
  /** Of each cluster. */
  readonly endpoints: number;
  /** Of each cluster. */
  readonly services: number;
  /** Of each cluster; 0 = the data stays as it is. */
  readonly changesPerSecond: number;
  readonly seed: number;
  /** RCC documents are written there, one file for each cluster; it is created if need be. undefined = none. */
  readonly directory?: string | undefined;
  /** The styles that clusters take in turn. Default: a mix with services in four of five. */
  readonly styles?: readonly ClusterStyle[] | undefined;
  /** Servers speak TLS with this; `caCert` is what clients trust. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly caCert: string } | undefined;
  /** Changes of each resource that watchers can resume from. Default 500. */
  readonly history?: number | undefined;
  readonly ipv6?: boolean | undefined;
  readonly clock?: Clock | undefined;
}

const NAMES = ['east', 'west', 'north', 'south', 'central', 'harbour', 'valley', 'summit'] as const;
const STYLES: readonly ClusterStyle[] = [
  'kubernetes',
  'etcdv3-kubernetes',
  'kubernetes-secret',
  'kubernetes',
  'etcdv3-secret',
];

/** `east`, `west`, …, then `east-2`, `west-2`, … */
export function clusterName(number: number): string {
  const name = NAMES[number % NAMES.length] ?? '';
  const round = Math.floor(number / NAMES.length);
  return round === 0 ? name : `${name}-${round + 1}`;
}

/** Simulated remote clusters that listen on loopback. */
export class Fleet {
  readonly clusters: readonly SimulatedCluster[];
  readonly #options: FleetOptions;

  constructor(clusters: readonly SimulatedCluster[], options: FleetOptions) {
    this.clusters = clusters;
    this.#options = options;
  }

  /** Throws RangeError for a name that is not in the fleet. */
  cluster(name: string): SimulatedCluster {
    const found = this.clusters.find((cluster) => cluster.name === name);
    if (found === undefined) throw new RangeError(`no cluster ${name} in the fleet`);
    return found;
  }

  /** By cluster, what a reader must end up with: as it is now, so stop the changes first. */
  expectedEndpoints(): Map<string, ExpectedEndpoint[]> {
    return new Map(this.clusters.map((cluster) => [cluster.name, cluster.expectedEndpoints()]));
  }

  /** Changes the data at the chosen rate until the signal aborts; then resolves. The servers go on. */
  async run(signal: AbortSignal): Promise<void> {
    const { changesPerSecond, seed, clock = systemClock } = this.#options;
    await Promise.all(
      this.clusters.map((cluster, i) =>
        runChurn(cluster.world, { changesPerSecond, clock, random: seededRandom(seed + i) }, signal),
      ),
    );
  }

  /** Stops all servers. May be called twice. */
  async close(): Promise<void> {
    await Promise.all(this.clusters.map((cluster) => cluster.stop()));
  }
}

/**
 * Makes the clusters, listens and writes their RCC documents. Resolves when everything can be connected to; nothing
 * changes until `run`. Rejects with RangeError where the addresses do not suffice.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { clusters, endpoints, services } = options;
  const deployments = services > 0 ? services : Math.max(1, Math.ceil(endpoints / 10));
  const catalogue = Catalogue.for(deployments);
  const made = Array.from({ length: clusters }, (_, number) => makeCluster(options, catalogue, number));
  const fleet = new Fleet(
    made.map(({ cluster }) => cluster),
    options,
  );
  try {
    for (const { cluster } of made) await cluster.start();
    if (options.directory !== undefined) await writeDocuments(options.directory, made);
  } catch (error) {
    await fleet.close();
    throw error;
  }
  return fleet;
}

interface MadeCluster {
  readonly cluster: SimulatedCluster;
  readonly credentials: Parameters<typeof rccYaml>[1];
}

function makeCluster(options: FleetOptions, catalogue: Catalogue, number: number): MadeCluster {
  const { seed, endpoints, services, clock = systemClock, history = 500, ipv6 = false, tls } = options;
  const styles = options.styles ?? STYLES;
  const style = styles[number % styles.length] ?? 'kubernetes';
  const world = new World({
    seed,
    number,
    endpoints,
    services,
    catalogue,
    podNetwork: podNetworkFor(endpoints, number),
    etcd: hasEtcd(style),
    history,
    ipv6,
  });
  // Go clients send no token over plain HTTP, and neither should anybody.
  const token = tls === undefined ? '' : uuid(world.facts.seed, -1);
  const user =
    style === 'etcdv3-secret' ? { username: 'reader', password: uuid(world.facts.seed, -2) } : undefined;
  const cluster = new SimulatedCluster({ name: clusterName(number), style, world, clock, token, user, tls });
  return { cluster, credentials: { token, user, caCert: tls?.caCert } };
}

/** Each file appears whole: it is written under a hidden name first. */
async function writeDocuments(directory: string, made: readonly MadeCluster[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const { cluster, credentials } of made) {
    const file = `${cluster.name}.yaml`;
    const hidden = join(directory, `.${file}.new`);
    await writeFile(hidden, rccYaml(cluster, credentials), { mode: 0o600 });
    await rename(hidden, join(directory, file));
  }
}
