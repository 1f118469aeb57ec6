import { nameSuffix } from './identity.ts';
import type { Workload } from './catalogue.ts';
import { endpointSliceName } from './kubernetes-objects.ts';
import { nodeName } from './world-facts.ts';
import type { WorldFacts } from './world-facts.ts';
import { nameOf } from './world-items.ts';
import type { PodItem, ServiceItem, WorldItem } from './world-items.ts';

/** A set of equal pods with the service in front of it. */
export interface Deployment {
  readonly workload: Workload;
  readonly pods: PodItem[];
  readonly service: ServiceItem | undefined;
}

/** Slices hold at most this many endpoints, as Kubernetes makes them. */
export const SLICE_SIZE = 100;

/** Hands out the numbers and addresses of new objects. */
export interface Allocator {
  serial(): number;
  address(): number;
}

export interface PopulationOptions {
  readonly endpoints: number;
  readonly services: number;
  readonly systemPods: boolean;
  /** Seconds since the epoch. */
  readonly created: number;
}

/** The pod's name: the owner's and a suffix. */
export function podKey(workload: Workload, serial: number): string {
  return `${workload.namespace}/${workload.ownerName}-${nameSuffix(serial)}`;
}

/** Makes the objects that a cluster starts with. */
export class Population {
  readonly deployments: Deployment[] = [];
  readonly #items: WorldItem[] = [];
  #revision = 0;
  readonly #facts: WorldFacts;
  readonly #allocator: Allocator;
  readonly #options: PopulationOptions;

  constructor(facts: WorldFacts, allocator: Allocator, options: PopulationOptions) {
    this.#facts = facts;
    this.#allocator = allocator;
    this.#options = options;
  }

  /** All objects, pods of `deployments` among them; fills `deployments`. */
  build(): readonly WorldItem[] {
    const { endpoints, services } = this.#options;
    const count = services > 0 ? services : Math.max(1, Math.ceil(endpoints / 10));
    const used = Math.max(1, Math.min(count, endpoints));
    this.#cluster();
    for (let i = 0; i < count; i++) {
      const pods = i < used ? Math.ceil((endpoints - i) / used) : 0;
      this.#deployment(i, pods, i < services);
    }
    for (const namespace of new Set(['default', 'kube-system', ...this.#facts.catalogue.namespaces])) {
      this.#namespace(namespace);
    }
    if (this.#options.systemPods) this.#system();
    return this.#items;
  }

  #base(key: string): { key: string; revision: number; serial: number; created: number } {
    const revision = ++this.#revision;
    return { key, revision, serial: this.#allocator.serial(), created: this.#options.created };
  }

  #cluster(): void {
    this.#items.push({ ...this.#base('default-ipv4-ippool'), resource: 'ippools' });
    this.#items.push({
      ...this.#base('default'),
      resource: 'clusterinformations',
      ready: { 'crd.projectcalico.org/v1': true, 'projectcalico.org/v3': true },
    });
    for (let node = 0; node < this.#facts.nodes; node++) {
      this.#items.push({ ...this.#base(`${nodeName(node)}-auto-hep`), resource: 'hostendpoints', node });
    }
  }

  #namespace(name: string): void {
    const labels: Record<string, string> = name.startsWith('kube-') ? {} : { environment: 'production' };
    this.#items.push({ ...this.#base(name), resource: 'namespaces', labels });
    this.#items.push({ ...this.#base(`${name}/default`), resource: 'serviceaccounts' });
  }

  #deployment(index: number, count: number, hasService: boolean): void {
    const workload = this.#facts.catalogue.workload(index);
    const pods: PodItem[] = [];
    for (let ordinal = 0; ordinal < count; ordinal++) pods.push(this.#pod(workload, ordinal));
    this.#items.push({
      ...this.#base(`${workload.namespace}/${workload.serviceAccount}`),
      resource: 'serviceaccounts',
    });
    this.#items.push(...pods);
    const service = hasService ? this.#service(workload, index, pods) : undefined;
    this.deployments.push({ workload, pods, service });
  }

  #pod(workload: Workload, ordinal: number): PodItem {
    const serial = this.#allocator.serial();
    return {
      ...this.#base(podKey(workload, serial)),
      serial,
      resource: 'pods',
      workload,
      ordinal,
      node: serial % this.#facts.nodes,
      address: workload.hostNetwork ? 0 : this.#allocator.address(),
      phase: 'Running',
      ready: true,
      track: 'stable',
    };
  }

  #service(workload: Workload, index: number, pods: readonly PodItem[]): ServiceItem {
    const key = `${workload.namespace}/${workload.name}`;
    const service: ServiceItem = {
      ...this.#base(key),
      resource: 'services',
      workload,
      number: index,
      headless: index % 10 === 9,
    };
    this.#items.push(service, { ...this.#base(key), resource: 'endpoints', service, pods: [...pods] });
    for (let part = 0; part < Math.max(1, Math.ceil(pods.length / SLICE_SIZE)); part++) {
      this.#items.push({
        ...this.#base(`${workload.namespace}/${endpointSliceName(nameOf(key), part)}`),
        resource: 'endpointslices',
        service,
        pods: pods.slice(part * SLICE_SIZE, (part + 1) * SLICE_SIZE),
      });
    }
    return service;
  }

  /** Pods that are no endpoints: a host-networked agent on every node, and two that have finished. */
  #system(): void {
    const { agent, job } = this.#facts.catalogue;
    for (let node = 0; node < this.#facts.nodes; node++) {
      this.#items.push({ ...this.#pod(agent, node), node });
    }
    for (let i = 0; i < 2; i++) {
      this.#items.push({ ...this.#pod(job, i), phase: 'Succeeded', ready: false });
    }
    this.#items.push({ ...this.#base(`kube-system/${agent.serviceAccount}`), resource: 'serviceaccounts' });
  }
}
