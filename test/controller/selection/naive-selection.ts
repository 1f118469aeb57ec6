import type { EndpointSlice } from '../../../src/model/endpoint-slice.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_SELECTOR_ANNOTATION } from '../../../src/model/federation.ts';
import type { SourceCluster } from '../../../src/model/federation.ts';
import { parseSelector } from '../../../src/model/selector.ts';
import type { Service } from '../../../src/model/service.ts';

export interface NaiveCluster {
  readonly cluster: SourceCluster;
  readonly held: boolean;
  readonly stale: 'fresh' | 'not-ready' | 'withdraw';
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

/** One address and port of one cluster: readiness by `cluster family address port`. */
export type Flat = ReadonlyMap<string, boolean>;

/**
 * What a federated service shall hold, from everything there is, said as simply as possible: no caches, no grouping.
 * undefined where it is not federated.
 */
export function naiveSelection(
  own: Service | undefined,
  clusters: readonly NaiveCluster[],
  isRefused: (address: string) => boolean,
): Flat | undefined {
  const text = own?.annotations.get(SERVICE_SELECTOR_ANNOTATION);
  if (own === undefined || text === undefined || !isFederated(own, text)) return undefined;
  const given = clusters
    .filter(({ held }) => !held)
    .map((each) => ({ ...each, flat: ofCluster(own, text, each, isRefused) }));
  const acts = given.some(({ stale, flat }) => stale === 'fresh' && [...flat.values()].includes(true));
  const all = new Map<string, boolean>();
  for (const { stale, flat } of given) {
    if (acts && stale === 'withdraw') continue;
    const isDown = acts && stale === 'not-ready' && !own.publishNotReadyAddresses;
    for (const [key, ready] of flat) all.set(key, ready && !isDown);
  }
  return all;
}

function isFederated(own: Service, text: string): boolean {
  if (own.type === 'ExternalName' || own.selector.size > 0) return false;
  return text !== '' && !text.startsWith('broken');
}

function ofCluster(
  own: Service,
  text: string,
  from: NaiveCluster,
  isRefused: (address: string) => boolean,
): Flat {
  const flat = new Map<string, boolean>();
  const backing = from.services.filter((service) => isBacking(own, text, from.cluster, service));
  const slices = from.slices.filter((slice) => backing.some((service) => isSliceOf(slice, service)));
  for (const slice of slices) {
    for (const port of portsOf(own, slice)) {
      for (const { addresses, ready } of slice.endpoints) {
        const [address = ''] = addresses;
        if (isRefused(address)) continue;
        const key = `${from.cluster} ${slice.addressType} ${address} ${port}`;
        const isReady = own.publishNotReadyAddresses || ready !== false;
        flat.set(key, isReady && (flat.get(key) ?? true));
      }
    }
  }
  return flat;
}

function isBacking(own: Service, text: string, cluster: SourceCluster, service: Service): boolean {
  if (service.namespace !== own.namespace || service.type === 'ExternalName') return false;
  if (service.annotations.has(SERVICE_SELECTOR_ANNOTATION)) return false;
  const labels = new Map(service.labels.entries());
  labels.set('projectcalico.org/namespace', service.namespace);
  labels.delete('federation.tigera.io/remoteClusterName');
  if (cluster !== null) labels.set('federation.tigera.io/remoteClusterName', cluster);
  return parseSelector(text).evaluate(labels);
}

function isSliceOf(slice: EndpointSlice, service: Service): boolean {
  if (slice.addressType === 'FQDN' || slice.labels.get(MANAGED_BY_LABEL) === MANAGED_BY) return false;
  return slice.namespace === service.namespace && slice.service === service.name;
}

function portsOf(own: Service, slice: EndpointSlice): string[] {
  if (own.clusterIPs[0] === 'None' && own.ports.length === 0) return ['all'];
  return slice.ports
    .filter((port) =>
      own.ports.some(({ name, protocol }) => name === port.name && protocol === port.protocol),
    )
    .map(({ name, protocol, port }) => `${name}:${port}/${protocol}`);
}
