import type { SlicePort } from '../../model/endpoint-slice.ts';

/** Stands for the empty list: all ports. */
const ALL_PORTS: readonly SlicePort[] = [{ name: '', protocol: '*', port: undefined, appProtocol: '' }];

/** The ports under which a slice's endpoints are served; never empty. */
export function servedPorts(ports: readonly SlicePort[]): readonly SlicePort[] {
  return ports.length === 0 ? ALL_PORTS : ports;
}

/** The same name, protocol and number: for traffic the same, whatever appProtocol says. */
export function hasPort(ports: readonly SlicePort[], wanted: SlicePort): boolean {
  return servedPorts(ports).some((port) => isNamesake(port, wanted) && port.port === wanted.port);
}

/** The same name and protocol: traffic to one port of the Service. */
export function hasNamesake(ports: readonly SlicePort[], wanted: SlicePort): boolean {
  return servedPorts(ports).some((port) => isNamesake(port, wanted));
}

/** Whether endpoints under either list get the same traffic. */
export function servesSame(a: readonly SlicePort[], b: readonly SlicePort[]): boolean {
  return a.length === b.length && servedPorts(a).every((port) => hasPort(b, port));
}

function isNamesake(a: SlicePort, b: SlicePort): boolean {
  return a.name === b.name && a.protocol === b.protocol;
}
