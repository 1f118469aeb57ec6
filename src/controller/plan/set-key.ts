import type { AddressType, SlicePort } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';

/** What all slices of one set have in common. */
export interface SetIdentity {
  readonly cluster: SourceCluster;
  readonly family: AddressType;
  readonly ports: readonly SlicePort[];
}

/** Equal for slices of one set of a service and only for them. The order of the ports does not count. */
export function setKey(set: SetIdentity): string {
  return new SetKeys().of(set);
}

/** Makes the keys of many sets, which mostly have the same ports. */
export class SetKeys {
  #ports: readonly SlicePort[] = [];
  #text = '';

  /** As `setKey`. */
  of({ cluster, family, ports }: SetIdentity): string {
    if (!sameOrder(ports, this.#ports)) {
      this.#ports = ports;
      this.#text = ports.map(portText).sort().join('');
    }
    return `${family}${cluster === null ? '-' : measured(cluster)}${this.#text}`;
  }
}

/** Whether two are of one set. */
export function sameSet(a: SetIdentity, b: SetIdentity): boolean {
  return a.cluster === b.cluster && a.family === b.family && samePorts(a.ports, b.ports);
}

/** Whether two lists hold the same ports, in any order. */
export function samePorts(a: readonly SlicePort[], b: readonly SlicePort[]): boolean {
  if (sameOrder(a, b)) return true;
  if (a.length !== b.length) return false;
  const texts = b.map(portText).sort();
  return a
    .map(portText)
    .sort()
    .every((text, i) => text === texts[i]);
}

function sameOrder(a: readonly SlicePort[], b: readonly SlicePort[]): boolean {
  return a === b || (a.length === b.length && a.every((port, i) => samePort(port, b[i])));
}

function samePort(a: SlicePort, b: SlicePort | undefined): boolean {
  return (
    b !== undefined &&
    a.name === b.name &&
    a.protocol === b.protocol &&
    a.port === b.port &&
    a.appProtocol === b.appProtocol
  );
}

function portText({ name, protocol, port, appProtocol }: SlicePort): string {
  return `${port ?? ''}/${measured(name)}${measured(protocol)}${measured(appProtocol)}`;
}

/** With its length in front nothing that a text holds can make it look like two others. */
function measured(text: string): string {
  return `${text.length}:${text}`;
}
