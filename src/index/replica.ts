import type { ClusterReplica, Counts, ResourceStore } from '../contract/replica.ts';
import { RESOURCES } from '../model/kind.ts';
import type { Resource } from '../model/kind.ts';
import { yieldLoop } from '../runtime/yield.ts';
import type { ClusterData } from './cluster-data.ts';
import type { IndexCore } from './index-core.ts';
import type { KindWriter } from './kind-writer.ts';
import { ObjectWriter } from './object-writer.ts';
import { ResourceFeed } from './resource-feed.ts';
import { ResourceLists } from './resource-lists.ts';
import { WorkloadWriter } from './workload-writer.ts';

/** Objects that one slice of a drop deletes: some milliseconds, listeners included. */
const DROP_SLICE = 2000;

/** What is kept for a resource from its first use until it is not retained. */
interface OpenResource {
  readonly writer: KindWriter;
  readonly lists: ResourceLists;
}

/** The write side of one cluster. */
export class Replica implements ClusterReplica {
  readonly cluster: string;
  readonly #core: IndexCore;
  readonly #data: ClusterData;
  readonly #open = new Map<Resource, OpenResource>();
  readonly #onGone: () => void;
  #dropped: Promise<void> | undefined;

  /** `onGone` is called when everything of the cluster is withdrawn. */
  constructor(core: IndexCore, data: ClusterData, onGone: () => void) {
    this.cluster = data.name;
    this.#core = core;
    this.#data = data;
    this.#onGone = onGone;
  }

  /** A store of its own for each call: two readers of one resource may list at the same time. */
  resource(resource: Resource): ResourceStore {
    const known = this.#open.get(resource);
    const open = known ?? { writer: this.#writer(resource), lists: new ResourceLists() };
    if (known === undefined && this.#dropped === undefined) {
      this.#open.set(resource, open);
      this.#data.provides.add(resource);
    }
    return new ResourceFeed({
      core: this.#core,
      cluster: this.#data,
      resource,
      writer: open.writer,
      lists: open.lists,
      isOpen: () => this.#open.get(resource) === open,
    });
  }

  retain(resources: readonly Resource[]): void {
    if (this.#dropped !== undefined) return;
    this.#data.settled = true;
    for (const resource of RESOURCES) {
      if (resources.includes(resource)) continue;
      this.#open.delete(resource);
      this.#data.provides.delete(resource);
      this.#data.listed.delete(resource);
      this.#writer(resource).clear(() => false);
      this.#data.skips.forget(resource);
      this.#data.budget.complete(resource);
      if (resource === 'workloadendpoints') this.#data.exclusions.clear();
    }
    this.#data.budget.settle(this.#data.size);
    this.#core.commits.commit();
  }

  counts(): Counts {
    const { holder, objects, provides, skips } = this.#data;
    return {
      workloadEndpoints: holder.rows,
      hostEndpoints: objects.count('HostEndpoint'),
      profiles: objects.count('Profile'),
      services: provides.has('services') ? objects.count('Service') : null,
      endpointSlices: provides.has('endpointslices') ? objects.count('EndpointSlice') : null,
      ipPools: objects.count('IPPool'),
      skipped: skips.size,
    };
  }

  get overBudget(): boolean {
    return this.#data.budget.over;
  }

  skipped(): readonly { readonly where: string; readonly reason: string }[] {
    return this.#data.skips.newest();
  }

  drop(): Promise<void> {
    this.#dropped ??= this.#drop();
    return this.#dropped;
  }

  get isDropped(): boolean {
    return this.#dropped !== undefined;
  }

  /** What is left of a drop, at once: its name is wanted again. */
  finishDrop(): void {
    this.#dropSlice(Number.POSITIVE_INFINITY);
  }

  async #drop(): Promise<void> {
    this.#open.clear();
    this.#data.provides.clear();
    while (!this.#dropSlice(DROP_SLICE)) await yieldLoop();
  }

  /** One commit; true where nothing is left. */
  #dropSlice(size: number): boolean {
    let left = size;
    const stop = (): boolean => left-- <= 0;
    const isDone = RESOURCES.every((resource) => this.#writer(resource).clear(stop));
    this.#core.commits.commit();
    if (isDone && this.#core.clusters.get(this.cluster) === this.#data) {
      this.#core.clusters.delete(this.cluster);
      this.#core.byHolder.delete(this.#data.holder);
      for (const resource of RESOURCES) this.#data.skips.forget(resource);
      this.#data.exclusions.clear();
      this.#onGone();
    }
    return isDone;
  }

  #writer(resource: Resource): KindWriter {
    const open = this.#open.get(resource);
    if (open !== undefined) return open.writer;
    if (resource === 'workloadendpoints') return new WorkloadWriter(this.#core, this.#data);
    return new ObjectWriter(this.#core, this.#data, resource);
  }
}
