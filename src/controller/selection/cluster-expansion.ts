import type { CidrSet } from '../../model/cidr-set.ts';
import type { EndpointSlice, SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { DesiredPart } from '../plan/desired-service.ts';
import { mergeOccurrences } from './address-ports.ts';
import type { Occurrence } from './address-ports.ts';
import { carryEndpoint } from './carried-endpoint.ts';
import { isBackingSlice } from './backing-slice.ts';
import type { FederationSpec } from './federation-spec.ts';
import { LeftOut } from './left-out.ts';
import { NO_PORTS, PortMatcher } from './slice-ports.ts';
import type { PortSet } from './slice-ports.ts';

/** Different sets of ports of one address that are looked at. */
const MAX_OCCURRENCES = 64;

/** What a federated service takes of the slices of its backing services. */
export interface ExpansionRules {
  /** A headless service without ports: all addresses, and no ports. */
  readonly takesAll: boolean;
  readonly matcher: PortMatcher;
  readonly publishNotReadyAddresses: boolean;
  /** Ranges whose addresses are refused. */
  readonly refused: CidrSet;
}

/** What one cluster gives to a federated service. */
export interface ClusterExpansion {
  readonly parts: readonly DesiredPart[];
  /** In all parts. */
  readonly endpoints: number;
  readonly ready: number;
  readonly leftOut: LeftOut;
}

export function expansionRules(spec: FederationSpec, refused: CidrSet): ExpansionRules {
  const { isHeadless, ports, publishNotReadyAddresses } = spec;
  return {
    takesAll: isHeadless && ports.length === 0,
    matcher: new PortMatcher(ports),
    publishNotReadyAddresses,
    refused,
  };
}

/** The slices of all backing services of one cluster as parts. Their order decides between duplicates. */
export function expandCluster(
  cluster: SourceCluster,
  slices: Iterable<EndpointSlice>,
  rules: ExpansionRules,
): ClusterExpansion {
  const leftOut = new LeftOut();
  const families = { IPv4: new AddressTable(leftOut), IPv6: new AddressTable(leftOut) };
  for (const slice of slices) {
    const { addressType } = slice;
    if (!isBackingSlice(slice)) leftOut.add('own', slice.name);
    else if (addressType === 'FQDN') leftOut.add('fqdn', slice.name);
    else {
      const ports = rules.takesAll ? NO_PORTS : rules.matcher.match(slice.ports, cluster);
      if (ports === undefined) leftOut.add('unmatched', slice.name, slice.endpoints.length);
      else for (const endpoint of slice.endpoints) families[addressType].add(endpoint, ports, rules);
    }
  }
  const ipv4 = families.IPv4.parts(cluster, 'IPv4');
  const ipv6 = families.IPv6.parts(cluster, 'IPv6');
  const parts = ipv6.length === 0 ? ipv4 : [...ipv4, ...ipv6];
  return { parts, leftOut, ...countEndpoints(parts) };
}

export function countEndpoints(parts: readonly DesiredPart[]): {
  readonly endpoints: number;
  readonly ready: number;
} {
  let endpoints = 0;
  let ready = 0;
  for (const part of parts) {
    endpoints += part.endpoints.length;
    for (const endpoint of part.endpoints) if (endpoint.ready === true) ready++;
  }
  return { endpoints, ready };
}

interface AddressOccurrence extends Occurrence {
  readonly address: string;
}

/** The addresses of one cluster in one family. */
class AddressTable {
  readonly #leftOut: LeftOut;
  /** Sorted only when all are here: mostly they are few and all different, and a map for each cluster would cost more. */
  readonly #found: AddressOccurrence[] = [];

  constructor(leftOut: LeftOut) {
    this.#leftOut = leftOut;
  }

  add(endpoint: SliceEndpoint, ports: PortSet, rules: ExpansionRules): void {
    // Consumers read the first address only: the API says that all of one endpoint are interchangeable.
    const [address] = endpoint.addresses;
    if (address === undefined) return;
    const range = rules.refused.find(address);
    if (range !== undefined) {
      this.#leftOut.add('refused', `${address} (${range})`);
      return;
    }
    const ready = rules.publishNotReadyAddresses || (endpoint.ready ?? true);
    this.#found.push({ address, endpoint, ready, ports });
  }

  parts(cluster: SourceCluster, family: 'IPv4' | 'IPv6'): readonly DesiredPart[] {
    const found = this.#found;
    const [first] = found;
    if (first === undefined) return NO_PARTS;
    if (!isAscending(found)) found.sort(compareAddresses);
    // What nearly every service is: addresses that are all different, with the same ports.
    if (!isAscending(found) || found.some(({ ports }) => ports.key !== first.ports.key)) {
      return this.#grouped(cluster, family);
    }
    const endpoints = found.map((one) => carryEndpoint(cluster, one.endpoint, one.address, one.ready));
    return [{ cluster, family, ports: first.ports.ports, endpoints }];
  }

  /** Of addresses in their order. */
  #grouped(cluster: SourceCluster, family: 'IPv4' | 'IPv6'): DesiredPart[] {
    const found = this.#found;
    const groups = new Map<string, { readonly ports: PortSet; readonly endpoints: SliceEndpoint[] }>();
    const put = ({ endpoint, ready, ports }: Occurrence, address: string): void => {
      const carried = carryEndpoint(cluster, endpoint, address, ready);
      const group = groups.get(ports.key);
      if (group) group.endpoints.push(carried);
      else groups.set(ports.key, { ports, endpoints: [carried] });
    };
    for (let i = 0; i < found.length;) {
      const first = found[i++];
      if (first === undefined) break;
      const { address } = first;
      if (found[i]?.address !== address) put(first, address);
      else {
        const alike = [first];
        for (let next = found[i]; next?.address === address; next = found[++i]) this.#repeat(alike, next);
        for (const merged of mergeOccurrences(alike)) put(merged, address);
      }
    }
    return [...groups.values()]
      .sort((a, b) => (a.ports.key < b.ports.key ? -1 : 1))
      .map(({ ports, endpoints }) => ({ cluster, family, ports: ports.ports, endpoints }));
  }

  /** Hostile slices may repeat an address a million times: what decides nothing is not looked at, nor is it all. */
  #repeat(alike: AddressOccurrence[], next: AddressOccurrence): void {
    const same = alike.filter((each) => each.ports.key === next.ports.key);
    if (same.length > 0) this.#leftOut.add('duplicate', next.address);
    if (same.some((each) => each.ready === next.ready)) return;
    if (alike.length < MAX_OCCURRENCES) alike.push(next);
    else this.#leftOut.add('excess', next.address);
  }
}

const NO_PARTS: readonly DesiredPart[] = [];

/** Sorted, and each address once. */
function isAscending(found: readonly AddressOccurrence[]): boolean {
  for (let i = 1; i < found.length; i++) {
    if ((found[i - 1] as AddressOccurrence).address >= (found[i] as AddressOccurrence).address) return false;
  }
  return true;
}

/** The order of those with one address stays: the first slice decides. */
function compareAddresses(a: AddressOccurrence, b: AddressOccurrence): number {
  if (a.address === b.address) return 0;
  return a.address < b.address ? -1 : 1;
}
