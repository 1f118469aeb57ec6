import { writeFile } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import { Catalogue } from './catalogue.ts';
import { SimulatedCluster } from './simulated-cluster.ts';
import { World, podNetworkFor } from './world.ts';

export interface LocalClusterOptions {
  /** Of the fleet beside it: names, addresses and sizes follow from them. */
  readonly fleet: {
    readonly clusters: number;
    readonly endpoints: number;
    readonly services: number;
    readonly seed: number;
  };
  readonly clock: Clock;
}

/** How many services of the catalogue have a federated one in front of them. */
const FEDERATED = 3;
const LOCAL_ENDPOINTS = 20;
const LOCAL_SERVICES = 2;

/**
 * A simulated cluster that federates: an API server with some services of its own, and federated ones that select
 * services which the fleet has too. It can be read only, so a controller beside it must run dry.
 */
export class LocalCluster {
  /** `namespace/name` of the federated services. */
  readonly federated: readonly string[];
  readonly #cluster: SimulatedCluster;

  constructor({ fleet, clock }: LocalClusterOptions) {
    const { clusters, endpoints, services, seed } = fleet;
    const deployments = services > 0 ? services : Math.max(1, Math.ceil(endpoints / 10));
    const catalogue = Catalogue.for(deployments);
    const world = new World({
      seed,
      number: clusters,
      endpoints: LOCAL_ENDPOINTS,
      services: LOCAL_SERVICES,
      catalogue,
      podNetwork: podNetworkFor(Math.max(endpoints, LOCAL_ENDPOINTS), clusters),
    });
    this.federated = Array.from({ length: Math.min(FEDERATED, Math.max(services, 1)) }, (_, i) =>
      federate(world, catalogue, i),
    );
    this.#cluster = new SimulatedCluster({ name: 'local', style: 'kubernetes', world, clock });
  }

  /** Listens, and writes a kubeconfig of it to that file. */
  async start(kubeconfig: string): Promise<void> {
    await this.#cluster.start();
    const server = this.#cluster.kubernetes?.listener.url;
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'local',
        contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
        clusters: [{ name: 'local', cluster: { server } }],
        users: [{ name: 'local', user: {} }],
      }),
      { mode: 0o600 },
    );
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    await this.#cluster.stop();
  }
}

function federate(world: World, catalogue: Catalogue, index: number): string {
  const workload = catalogue.workload(index);
  const key = `${workload.namespace}/${workload.name}-everywhere`;
  const number = LOCAL_SERVICES + index;
  world.store.put<'services'>({
    key,
    resource: 'services',
    revision: 0,
    serial: 1_000_000 + number,
    created: 1_767_603_600,
    workload,
    headless: false,
    federation: `app == '${workload.name}'`,
    number,
  });
  return key;
}
