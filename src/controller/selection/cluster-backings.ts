import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import { isBackingSlice } from './backing-slice.ts';
import type { Backing } from './federated-service.ts';

/**
 * The backing services of one cluster in one namespace, and whose slices were read. A change of a slice names the slice
 * alone: to whom it belonged before is known here only.
 */
export class ClusterBackings {
  readonly #services = new Map<string, Backing>();
  /** By name of the slice. One that is not in use any more counts as none. */
  readonly #slices = new Map<string, Backing>();

  get isEmpty(): boolean {
    return this.#services.size === 0;
  }

  service(name: string): Backing | undefined {
    return this.#services.get(name);
  }

  add(backing: Backing): void {
    this.#services.set(backing.name, backing);
  }

  remove(backing: Backing): void {
    this.#services.delete(backing.name);
  }

  /** A slice of the backing service was read. Where another one is known to have it, its change is still to be told. */
  read(slice: string, backing: Backing): void {
    const known = this.#slices.get(slice);
    if (known === undefined || known.owners.length === 0) this.#slices.set(slice, backing);
  }

  /** A slice changed. Answers the backing services that it concerns: the former one and the present one. */
  assign(name: string, slice: EndpointSlice | undefined): Set<Backing> {
    const before = this.#slices.get(name);
    const now = slice && isBackingSlice(slice) ? this.#services.get(slice.service) : undefined;
    if (now) this.#slices.set(name, now);
    else this.#slices.delete(name);
    return new Set([before, now].filter((each) => each !== undefined));
  }
}
