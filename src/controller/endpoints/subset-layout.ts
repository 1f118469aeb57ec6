import type { SourceCluster } from '../../model/federation.ts';
import type { EndpointsAddress, EndpointsPort, EndpointsSubset } from './owned-endpoints.ts';

/** One address on one port: what an Endpoints object is made of before it is laid out. */
export interface Placement {
  readonly address: EndpointsAddress;
  /** undefined = no ports at all. */
  readonly port: EndpointsPort | undefined;
  readonly ready: boolean;
  /** It must stay, whatever the capacity. */
  readonly kept: boolean;
  /** Who gave it; empty = not known. */
  readonly clusters: readonly SourceCluster[];
}

/** An address once, with what its placements agree on. Two addresses are the same where IP and UID of the target are. */
export interface Host {
  address: EndpointsAddress;
  kept: boolean;
  readonly clusters: Set<SourceCluster>;
}

export interface PlacedHost {
  readonly host: Host;
  readonly ready: boolean;
}

/** A subset in the making: hosts in order of address. */
export interface Group {
  readonly ports: readonly EndpointsPort[];
  readonly hosts: readonly PlacedHost[];
}

interface PortHosts {
  readonly port: EndpointsPort | undefined;
  readonly ready: Map<Host, boolean>;
}

/**
 * Kubernetes' canonical layout: of one address on one port not ready wins over ready; ports that the same addresses
 * offer in the same state share a subset; addresses are sorted by the text of the IP, then the UID of the target.
 * Kubernetes orders ports and subsets by a hash of Go values; here it is by name, protocol and number of the (first)
 * port. The order of the placements does not matter. (`RepackSubsets` in pkg/api/v1/endpoints/util.go of Kubernetes.)
 */
export function groupPlacements(placements: Iterable<Placement>): Group[] {
  const { hosts, ports } = collect(placements);
  const rank = new Map(
    [...hosts].sort((a, b) => compareAddresses(a.address, b.address)).map((h, i) => [h, i]),
  );
  const groups = new Map<string, { ports: EndpointsPort[]; hosts: PlacedHost[] }>();
  for (const { port, ready } of ports) {
    const placed = [...ready].map(([host, isReady]) => ({ host, ready: isReady, at: rank.get(host) ?? 0 }));
    placed.sort((a, b) => a.at - b.at);
    const key = placed.map((each) => `${each.at}${each.ready ? '+' : '-'}`).join('');
    const group = groups.get(key) ?? { ports: [], hosts: placed };
    if (port !== undefined) group.ports.push(port);
    groups.set(key, group);
  }
  for (const group of groups.values()) group.ports.sort(comparePorts);
  return [...groups.values()].sort((a, b) => compareGroups(a, b));
}

/**
 * Of ports with one name in one group only the first stays: an EndpointSlice must not have two, and the mirroring
 * controller would give up the whole object. The addresses stay, each on the lowest of the port numbers.
 */
export function withoutRepeatedNames(group: Group): Group {
  const ports = group.ports.filter((port, i) => group.ports[i - 1]?.name !== port.name);
  return ports.length === group.ports.length ? group : { ...group, ports };
}

export function subsetOf(group: Group): EndpointsSubset {
  const addresses = (ready: boolean): EndpointsAddress[] =>
    group.hosts.filter((placed) => placed.ready === ready).map((placed) => placed.host.address);
  return { addresses: addresses(true), notReadyAddresses: addresses(false), ports: group.ports };
}

/** The placements of subsets as they are; `keep` says for each address whether it is kept and who gave it. */
export function* placementsOf(
  subsets: readonly EndpointsSubset[],
  keep: (address: EndpointsAddress) => Pick<Placement, 'kept' | 'clusters'>,
): Generator<Placement> {
  for (const { addresses, notReadyAddresses, ports } of subsets) {
    const offered = ports.length === 0 ? [undefined] : ports;
    for (const ready of [true, false]) {
      for (const address of ready ? addresses : notReadyAddresses) {
        const kept = keep(address);
        for (const port of offered) yield { address, port, ready, ...kept };
      }
    }
  }
}

export function hostKey(address: EndpointsAddress): string {
  return `${address.ip} ${address.targetRef?.uid ?? ''}`;
}

function collect(placements: Iterable<Placement>): { hosts: Iterable<Host>; ports: Iterable<PortHosts> } {
  const hosts = new Map<string, Host>();
  const ports = new Map<string, PortHosts>();
  for (const placement of placements) {
    const host = hostOf(hosts, placement);
    const key = portKey(placement.port);
    const at = ports.get(key) ?? { port: placement.port, ready: new Map() };
    at.ready.set(host, placement.ready && at.ready.get(host) !== false);
    ports.set(key, at);
  }
  return { hosts: hosts.values(), ports: ports.values() };
}

function hostOf(hosts: Map<string, Host>, { address, kept, clusters }: Placement): Host {
  const key = hostKey(address);
  const host = hosts.get(key);
  if (host === undefined) {
    const created = { address, kept, clusters: new Set(clusters) };
    hosts.set(key, created);
    return created;
  }
  if (address === host.address) {
    host.kept ||= kept;
    return host;
  }
  // Which of two descriptions of one address is shown must not depend on who came first.
  const better = kept === host.kept ? compareDescriptions(address, host.address) < 0 : kept;
  if (better) host.address = address;
  host.kept ||= kept;
  for (const cluster of clusters) host.clusters.add(cluster);
  return host;
}

function portKey(port: EndpointsPort | undefined): string {
  return port === undefined ? '' : [port.name, port.protocol, port.port, port.appProtocol].join('\0');
}

function compareAddresses(a: EndpointsAddress, b: EndpointsAddress): number {
  return compareText(a.ip, b.ip) || compareText(a.targetRef?.uid ?? '', b.targetRef?.uid ?? '');
}

function compareDescriptions(a: EndpointsAddress, b: EndpointsAddress): number {
  return compareText(description(a), description(b));
}

function description({ targetRef, nodeName, hostname }: EndpointsAddress): string {
  const { name = '', namespace = '', kind = '' } = targetRef ?? {};
  return JSON.stringify([name, namespace, kind, nodeName, hostname]);
}

function compareGroups(a: Group, b: Group): number {
  const [first] = a.ports;
  const [other] = b.ports;
  if (first === undefined || other === undefined) return a.ports.length - b.ports.length;
  return comparePorts(first, other);
}

function comparePorts(a: EndpointsPort, b: EndpointsPort): number {
  return (
    compareText(a.name, b.name) ||
    compareText(a.protocol, b.protocol) ||
    a.port - b.port ||
    compareText(a.appProtocol, b.appProtocol)
  );
}

/** By code unit, which for addresses and names is by byte. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
