import type { SlicePort } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { ServicePort } from '../../model/service.ts';

/** A set of ports in the one order that all slices use. */
export interface PortSet {
  /** Equal for equal sets and only for them. */
  readonly key: string;
  readonly ports: readonly SlicePort[];
}

/** What a headless service without ports has: its endpoints have addresses alone. */
export const NO_PORTS: PortSet = { key: '', ports: [] };

/** A name as Kubernetes wants it in appProtocol (`kubernetes.io/h2c`). */
const APP_PROTOCOL = /^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/**
 * Which ports of slices a federated service takes: those whose name and protocol equal those of a port of its own,
 * unnamed with unnamed. Number and appProtocol are the slice's. A port without a number (KEP-0752: all ports) gives
 * nothing to connect to and is not taken; of several with one name in one slice the first is.
 */
export class PortMatcher {
  readonly #wanted = new Set<string>();
  /** The answer before: slices of one service mostly have the same ports in all clusters. */
  #last:
    | { readonly ports: readonly SlicePort[]; readonly isLocal: boolean; readonly set: PortSet | undefined }
    | undefined;

  constructor(ports: readonly ServicePort[]) {
    for (const port of ports) this.#wanted.add(nameKey(port));
  }

  takes(port: SlicePort): boolean {
    return port.port !== undefined && port.port > 0 && port.port <= 65_535 && this.#wanted.has(nameKey(port));
  }

  /** undefined where none is taken. */
  match(ports: readonly SlicePort[], cluster: SourceCluster): PortSet | undefined {
    const isLocal = cluster === null;
    const last = this.#last;
    if (last !== undefined && last.isLocal === isLocal && sameList(last.ports, ports)) return last.set;
    const set = this.#match(ports, cluster);
    this.#last = { ports, isLocal, set };
    return set;
  }

  #match(ports: readonly SlicePort[], cluster: SourceCluster): PortSet | undefined {
    const taken = new Map<string, SlicePort>();
    for (const port of ports) {
      if (this.takes(port) && !taken.has(port.name))
        taken.set(port.name, withValidAppProtocol(port, cluster));
    }
    return taken.size === 0 ? undefined : portSet([...taken.values()]);
  }
}

export function portSet(ports: readonly SlicePort[]): PortSet {
  const sorted = [...ports].sort(comparePorts);
  return { key: sorted.map(portText).join(' '), ports: sorted };
}

/** By name, protocol and number. */
export function comparePorts(a: SlicePort, b: SlicePort): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  if (a.protocol !== b.protocol) return a.protocol < b.protocol ? -1 : 1;
  return (a.port ?? 0) - (b.port ?? 0);
}

/** What makes a port of one address unique. */
export function portKey(port: SlicePort): string {
  return `${nameKey(port)}/${port.port ?? ''}`;
}

function nameKey(port: { readonly name: string; readonly protocol: string }): string {
  return `${port.name}/${port.protocol}`;
}

function portText(port: SlicePort): string {
  return `${portKey(port)}/${port.appProtocol}`;
}

/** What a remote cluster says must not make the API server refuse a whole slice. */
function withValidAppProtocol(port: SlicePort, cluster: SourceCluster): SlicePort {
  if (cluster === null || port.appProtocol === '' || APP_PROTOCOL.test(port.appProtocol)) return port;
  return { ...port, appProtocol: '' };
}

function sameList(a: readonly SlicePort[], b: readonly SlicePort[]): boolean {
  return a.length === b.length && a.every((port, i) => isSamePort(port, b[i]));
}

function isSamePort(a: SlicePort, b: SlicePort | undefined): boolean {
  return (
    a.name === b?.name && a.protocol === b.protocol && a.port === b.port && a.appProtocol === b.appProtocol
  );
}
