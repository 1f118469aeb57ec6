import type { Lister } from '../../contract/lister.ts';
import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Service } from '../../model/service.ts';

export interface SourceListers {
  readonly local: Lister;
  /** The name of the one cluster in `local`. */
  readonly localName: string;
  readonly remote: Lister;
}

/** Services and slices of all clusters, the local one included, as they are now. */
export class SourceClusters {
  readonly #listers: SourceListers;

  constructor(listers: SourceListers) {
    this.#listers = listers;
  }

  service(cluster: SourceCluster, namespace: string, name: string): Service | undefined {
    const { lister, name: of } = this.#source(cluster);
    const entry = lister.get(of, 'Service', { namespace, name })?.entry;
    return entry?.kind === 'Service' ? entry : undefined;
  }

  slice(cluster: SourceCluster, namespace: string, name: string): EndpointSlice | undefined {
    const { lister, name: of } = this.#source(cluster);
    const entry = lister.get(of, 'EndpointSlice', { namespace, name })?.entry;
    return entry?.kind === 'EndpointSlice' ? entry : undefined;
  }

  /** In the order of their names. */
  slicesOf(cluster: SourceCluster, namespace: string, service: string): EndpointSlice[] {
    const { lister, name: of } = this.#source(cluster);
    const slices = lister.slicesOf(namespace, service, of).map((found) => found.entry);
    return slices.length > 1 ? slices.sort((a, b) => (a.name < b.name ? -1 : 1)) : slices;
  }

  /** The services of a namespace, of all clusters. */
  *servicesIn(namespace: string): Generator<{ readonly cluster: SourceCluster; readonly service: Service }> {
    const { local, localName, remote } = this.#listers;
    for (const { entry } of local.servicesIn(namespace, localName)) yield { cluster: null, service: entry };
    for (const { cluster, entry } of remote.servicesIn(namespace)) yield { cluster, service: entry };
  }

  /** All services of the local cluster. */
  *localServices(): Generator<Service> {
    const { local, localName } = this.#listers;
    for (const { entry } of local.list('Service', localName)) if (entry.kind === 'Service') yield entry;
  }

  #source(cluster: SourceCluster): { readonly lister: Lister; readonly name: string } {
    const { local, localName, remote } = this.#listers;
    return cluster === null ? { lister: local, name: localName } : { lister: remote, name: cluster };
  }
}
