import assert from 'node:assert/strict';
import type { LocalChange, LocalObserver } from '../../../src/contract/local-api.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { connectTo } from '../election/real-api.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, type SliceObject, slicesPath } from './service-objects.ts';

/** Sees each state of the slices of a service, whoever writes them, as a proxy does: `address:port` of what is ready. */
export class TargetWatch implements LocalObserver {
  readonly #slices = new Map<string, SliceObject>();
  /** Every state since the first, in order. */
  readonly #moments: string[] = [];
  readonly #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();
  #listed = false;

  static async start(server: KubeApiserver, namespace: string, service: string): Promise<TargetWatch> {
    const watch = new TargetWatch();
    const { api, close } = await connectTo(server);
    const labelSelector = `kubernetes.io/service-name=${service}`;
    const collection = { path: slicesPath(namespace), labelSelector, what: 'slices' };
    watch.#ended = api.follow(collection, watch, watch.#stop.signal).then(close);
    await until('the first list', () => watch.#listed);
    return watch;
  }

  listed(objects: readonly JsonObject[]): void {
    this.#slices.clear();
    for (const object of objects) this.#put(object);
    this.#listed = true;
    this.#note();
  }

  changed(changes: readonly LocalChange[]): void {
    for (const change of changes) {
      if (change.op === 'put') this.#put(change.object);
      else this.#slices.delete(change.name);
      this.#note();
    }
  }

  failed(): void {
    // It is tried again.
  }

  /** Each once, sorted. */
  get targets(): string {
    return [...new Set(this.repeated)].join(' ');
  }

  /** With repetitions. */
  get repeated(): readonly string[] {
    return [...this.#slices.values()].flatMap(readyTargets).sort();
  }

  /** Who wrote the slices: `us` and others by their label. */
  get writers(): string {
    const writers = [...this.#slices.values()].map(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] ?? '');
    return [...new Set(writers)]
      .map((name) => (name === MANAGED_BY ? 'us' : name))
      .sort()
      .join(' ');
  }

  /** From now on. */
  forget(): void {
    this.#moments.splice(0, this.#moments.length, this.targets);
  }

  /** Since `forget`, every state had these targets. */
  assertAlways(targets: string): void {
    for (const moment of this.#moments) assert.equal(moment, targets);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  #put(object: JsonObject): void {
    const slice = object as unknown as SliceObject;
    this.#slices.set(slice.metadata.name, slice);
  }

  #note(): void {
    this.#moments.push(this.targets);
  }
}

function readyTargets({ endpoints, ports }: SliceObject): string[] {
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions.ready !== false)
    .flatMap(({ addresses }) => (ports ?? []).map(({ port }) => `${addresses[0] ?? ''}:${port ?? 'all'}`));
}
