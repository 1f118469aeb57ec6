import { isEndpoint, workloadEndpointNameOf } from './calico-objects.ts';
import { Catalogue } from './catalogue.ts';
import { Deployments, WorldAllocator } from './deployments.ts';
import { Population } from './population.ts';
import { podAddress, podAddress6 } from './world-facts.ts';
import type { PodNetwork, WorldFacts } from './world-facts.ts';
import { namespaceOf } from './world-items.ts';
import type { CalicoGroup, PodItem } from './world-items.ts';
import { WorldStore } from './world-store.ts';

/** Everything but the first three has a default that suits one small cluster. */
export interface WorldOptions {
  readonly seed: number;
  /** Pods that Calico has a WorkloadEndpoint for. */
  readonly endpoints: number;
  readonly services: number;
  /** Position in a fleet; addresses of different positions do not overlap. */
  readonly number?: number;
  /** Clusters with one catalogue have services of equal names and share encoded parts. */
  readonly catalogue?: Catalogue;
  /** At least twice as large as `endpoints`. Default: four times, from 10.0.0.0 on. */
  readonly podNetwork?: PodNetwork;
  /** Default: one for 50 endpoints, at least 3. */
  readonly nodes?: number;
  readonly ipv6?: boolean;
  /** Also pods that are no endpoints (host-networked, finished). Default true. */
  readonly systemPods?: boolean;
  /** Keep Calico's etcd keys too. Default false. */
  readonly etcd?: boolean;
  /** Changes of each resource that watchers can still resume from. Default 1,000. */
  readonly history?: number;
  /** When the objects were created, in milliseconds since the epoch. */
  readonly created?: number;
}

/** The expected identity and addresses of one endpoint. */
export interface ExpectedEndpoint {
  readonly namespace: string;
  /** Calico's name of the WorkloadEndpoint. */
  readonly name: string;
  /** Canonical, without prefix length. */
  readonly addresses: readonly string[];
}

/** 2026-01-05: creation times are part of the data, so the default is fixed. */
const CREATED = 1_767_603_600_000;

/** One simulated cluster's data; no network, no timers. Equal options give equal data. */
export class World {
  readonly facts: WorldFacts;
  readonly store: WorldStore;
  readonly deployments: Deployments;

  constructor(options: WorldOptions) {
    const { endpoints, services } = options;
    const deploymentCount = services > 0 ? services : Math.max(1, Math.ceil(endpoints / 10));
    const number = options.number ?? 0;
    this.facts = {
      seed: (options.seed * 1_000_003 + number * 97) >>> 0,
      number,
      catalogue: options.catalogue ?? Catalogue.for(deploymentCount),
      podNetwork: options.podNetwork ?? podNetworkFor(endpoints, 0),
      ipv6: options.ipv6 ?? false,
      nodes: options.nodes ?? Math.max(3, Math.ceil(endpoints / 50)),
    };
    const allocator = new WorldAllocator(this.facts.podNetwork.size);
    const population = new Population(this.facts, allocator, {
      endpoints,
      services,
      systemPods: options.systemPods ?? true,
      created: Math.floor((options.created ?? CREATED) / 1000),
    });
    this.store = new WorldStore({ history: options.history ?? 1000, etcd: options.etcd ?? false });
    this.store.load(population.build());
    this.deployments = new Deployments(this.store, allocator, population.deployments);
  }

  /** What a reader of this cluster must end up with. */
  *expectedEndpoints(): Generator<ExpectedEndpoint> {
    for (const pod of this.store.tables.pods.all()) {
      if (isEndpoint(pod)) yield this.#expected(pod);
    }
  }

  /** Puts `datastoreReady` of one API group's ClusterInformation; undefined takes it away. */
  setDatastoreReady(group: CalicoGroup, ready: boolean | undefined): void {
    const item = this.store.tables.clusterinformations.get('default');
    if (item) {
      this.store.put<'clusterinformations'>({ ...item, ready: { ...item.ready, [group]: ready } });
    }
  }

  /** Replaces the labels of a namespace, if it exists. */
  setNamespaceLabels(name: string, labels: Readonly<Record<string, string>>): void {
    const item = this.store.tables.namespaces.get(name);
    if (item) this.store.put<'namespaces'>({ ...item, labels });
  }

  #expected(pod: PodItem): ExpectedEndpoint {
    const second = this.facts.ipv6 ? [podAddress6(this.facts, pod.address)] : [];
    return {
      namespace: namespaceOf(pod.key),
      name: workloadEndpointNameOf(pod),
      addresses: [podAddress(this.facts, pod.address), ...second],
    };
  }
}

/** The network of a cluster in a fleet of equal ones: 10.0.0.0/8 cut into blocks. Throws RangeError beyond its end. */
export function podNetworkFor(endpoints: number, number: number): PodNetwork {
  const size = 2 ** Math.max(8, Math.ceil(Math.log2(endpoints * 4)));
  if ((number + 1) * size > 2 ** 24) {
    throw new RangeError(`cluster ${number} with ${endpoints} endpoints does not fit into 10.0.0.0/8`);
  }
  return { first: 0x0a_00_00_00 + number * size, size };
}
