import { endpointSliceName } from './kubernetes-objects.ts';
import { SLICE_SIZE, podKey } from './population.ts';
import type { Allocator, Deployment } from './population.ts';
import { namespaceOf, nameOf } from './world-items.ts';
import type { PodItem } from './world-items.ts';
import type { WorldStore } from './world-store.ts';

/** Hands out pod addresses round the network, so that one is reused as late as possible, and serial numbers. */
export class WorldAllocator implements Allocator {
  #serial = 0;
  #cursor = 0;
  #used = 0;
  readonly #taken: Uint8Array;

  constructor(addresses: number) {
    this.#taken = new Uint8Array(addresses);
  }

  serial(): number {
    return this.#serial++;
  }

  /** An offset in the pod network, never the first or the last one. Throws RangeError where none is free. */
  address(): number {
    if (this.#used >= this.#taken.length - 2) throw new RangeError('the pod network is full');
    do {
      this.#cursor = (this.#cursor % (this.#taken.length - 2)) + 1;
    } while (this.#taken[this.#cursor] === 1);
    this.#taken[this.#cursor] = 1;
    this.#used++;
    return this.#cursor;
  }

  release(address: number): void {
    this.#taken[address] = 0;
    this.#used--;
  }
}

/** The pods that are endpoints, and what changes of them do to services. */
export class Deployments {
  readonly #store: WorldStore;
  readonly #allocator: WorldAllocator;
  readonly #all: readonly Deployment[];
  /** Deployments that have pods; endpoint `i` is pod `⌊i / n⌋` of deployment `i mod n`. */
  readonly #populated: readonly Deployment[];
  readonly count: number;

  constructor(store: WorldStore, allocator: WorldAllocator, all: readonly Deployment[]) {
    this.#store = store;
    this.#allocator = allocator;
    this.#all = all;
    this.#populated = all.filter((deployment) => deployment.pods.length > 0);
    this.count = all.reduce((sum, deployment) => sum + deployment.pods.length, 0);
  }

  get all(): readonly Deployment[] {
    return this.#all;
  }

  /** Endpoint `index` from 0 to `count - 1` as it is now. */
  pod(index: number): PodItem {
    const pods = this.#deployment(index).pods;
    const pod = pods[Math.floor(index / this.#populated.length)];
    if (pod === undefined) throw new RangeError(`there are ${this.count} endpoints; ${index} is none`);
    return pod;
  }

  /**
   * Deletes the pod and creates another in its place, as a rolling restart does: another name, node and address;
   * first pending, then running. `now` in milliseconds.
   */
  replace(index: number, now: number): PodItem {
    const old = this.pod(index);
    const serial = this.#allocator.serial();
    const fresh: PodItem = {
      ...old,
      key: podKey(old.workload, serial),
      serial,
      created: Math.floor(now / 1000),
      address: this.#allocator.address(),
      phase: 'Pending',
      ready: false,
    };
    this.#store.remove('pods', old.key);
    this.#allocator.release(old.address);
    this.#store.put(fresh);
    return this.#update(index, { ...fresh, phase: 'Running', ready: true });
  }

  setReady(index: number, ready: boolean): PodItem {
    return this.#update(index, { ...this.pod(index), ready });
  }

  setTrack(index: number, track: PodItem['track']): PodItem {
    return this.#update(index, { ...this.pod(index), track });
  }

  /** Writes the pod again with its other label and leaves services alone: the cheapest event, for load tests. */
  touch(index: number): void {
    const pod = this.pod(index);
    const track = pod.track === 'stable' ? 'canary' : 'stable';
    this.#deployment(index).pods[pod.ordinal] = this.#store.put<'pods'>({ ...pod, track });
  }

  #update(index: number, pod: PodItem): PodItem {
    const deployment = this.#deployment(index);
    const stored = this.#store.put<'pods'>(pod);
    deployment.pods[pod.ordinal] = stored;
    this.#refresh(deployment, pod.ordinal);
    return stored;
  }

  /** Brings the slice and the Endpoints object that hold this position up to date. */
  #refresh({ service, pods }: Deployment, ordinal: number): void {
    if (service === undefined) return;
    const part = Math.floor(ordinal / SLICE_SIZE);
    const key = `${namespaceOf(service.key)}/${endpointSliceName(nameOf(service.key), part)}`;
    const { endpointslices, endpoints } = this.#store.tables;
    const slice = endpointslices.get(key);
    if (slice) {
      this.#store.put<'endpointslices'>({
        ...slice,
        pods: pods.slice(part * SLICE_SIZE, (part + 1) * SLICE_SIZE),
      });
    }
    const whole = endpoints.get(service.key);
    if (whole) this.#store.put<'endpoints'>({ ...whole, pods: [...pods] });
  }

  #deployment(index: number): Deployment {
    const deployment = this.#populated[index % this.#populated.length];
    if (deployment === undefined) throw new RangeError('this cluster has no endpoints');
    return deployment;
  }
}
