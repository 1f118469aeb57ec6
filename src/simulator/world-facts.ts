import type { Catalogue } from './catalogue.ts';
import { ipv4, mix } from './identity.ts';
import { timeMessage } from './template.ts';

/** What is fixed in a simulated cluster: everything that derived names and addresses follow from. */
export interface WorldFacts {
  /** Differs between clusters, so that UIDs do. */
  readonly seed: number;
  /** Position in the fleet: node and service addresses follow from it. */
  readonly number: number;
  readonly catalogue: Catalogue;
  readonly podNetwork: PodNetwork;
  /** Pods have an IPv6 address too. */
  readonly ipv6: boolean;
  readonly nodes: number;
}

/** A block of IPv4 addresses; `size` is a power of two and `first` a multiple of it. */
export interface PodNetwork {
  readonly first: number;
  readonly size: number;
}

const NODE_NETWORK = 0xac_10_00_00;
const SERVICE_NETWORK = 0x64_40_00_00;

export function podNetworkCidr({ first, size }: PodNetwork): string {
  return `${ipv4(first)}/${32 - Math.log2(size)}`;
}

export function podAddress(facts: WorldFacts, address: number): string {
  return ipv4(facts.podNetwork.first + address);
}

/** In compressed, lower-case form. */
export function podAddress6(facts: WorldFacts, address: number): string {
  const low = (address & 0xffff) + 1;
  return `fd00:${(facts.number + 1).toString(16)}:${((address >>> 16) + 1).toString(16)}::${low.toString(16)}`;
}

export function nodeName(node: number): string {
  return `node-${String(node + 1).padStart(3, '0')}`;
}

/** 172.16.0.0/12, 4,096 for each cluster. */
export function nodeAddress(facts: WorldFacts, node: number): string {
  return ipv4(NODE_NETWORK + ((facts.number * 4096 + node + 1) % 2 ** 20));
}

/** 100.64.0.0/10, 16,384 for each cluster. */
export function serviceAddress(facts: WorldFacts, number: number): string {
  return ipv4(SERVICE_NETWORK + ((facts.number * 16_384 + number + 1) % 2 ** 22));
}

export function zoneOf(node: number): string {
  return `zone-${'abc'[node % 3] ?? ''}`;
}

/** Calico's identity of a cluster: 32 hex digits. */
export function clusterGuid(facts: WorldFacts): string {
  return [0, 1, 2, 3]
    .map((i) =>
      mix(facts.seed + i, 0x6a11)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
}

/** A moment in the two forms that objects need. */
export interface Timestamp {
  /** RFC 3339 with seconds, as Kubernetes prints times. */
  readonly text: string;
  /** The content of a protobuf `Time`, one character for each byte. */
  readonly message: string;
}

/** A cluster's objects share few creation times; making one anew is a good part of encoding a pod. */
const made = new Map<number, Timestamp>();

export function timestamp(seconds: number): Timestamp {
  let known = made.get(seconds);
  if (known === undefined) {
    const text = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
    known = { text, message: timeMessage(seconds) };
    if (made.size > 1000) made.clear();
    made.set(seconds, known);
  }
  return known;
}
