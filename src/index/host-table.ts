import type { AddressIndex } from './address-index.ts';
import type { ClusterData } from './cluster-data.ts';
import type { StoredObject } from './object-table.ts';

export interface Host {
  readonly cluster: ClusterData;
  readonly stored: StoredObject;
  /** What AddressIndex keeps of its addresses. */
  readonly addresses: number;
}

/** HostEndpoints by number, so that the address index can name them as it names rows. 0 is none. */
export class HostTable {
  readonly #addresses: AddressIndex;
  readonly #hosts: (Host | undefined)[] = [undefined];
  readonly #free: number[] = [];

  constructor(addresses: AddressIndex) {
    this.#addresses = addresses;
  }

  add(cluster: ClusterData, stored: StoredObject, expectedIPs: readonly string[]): number {
    const number = this.#free.pop() ?? this.#hosts.length;
    this.#hosts[number] = { cluster, stored, addresses: this.#addresses.addHost(number, expectedIPs) };
    return number;
  }

  remove(number: number): void {
    const host = this.#hosts[number];
    if (host === undefined) return;
    this.#addresses.removeHost(host.addresses);
    this.#hosts[number] = undefined;
    this.#free.push(number);
  }

  get(number: number): Host | undefined {
    return this.#hosts[number];
  }
}
