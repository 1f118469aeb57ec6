import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Service } from '../../model/service.ts';
import { isBackingSlice } from './backing-slice.ts';
import { ClusterBackings } from './cluster-backings.ts';
import type { DirtyCause, DirtyMarks } from './dirty-marks.ts';
import { FederatedService } from './federated-service.ts';
import type { Backing } from './federated-service.ts';
import { isAnnotated, readFederationSpec } from './federation-spec.ts';
import type { FederationSpec } from './federation-spec.ts';
import { SelectorIndex } from './selector-index.ts';
import { ServiceLabels } from './service-labels.ts';
import type { SourceClusters } from './source-clusters.ts';

/**
 * The federated services of one namespace and what backs them, kept up to date change by change. Every method reads the
 * sources as they are when it is called, so that a change which is told late or twice does no harm.
 *
 * Whose a slice was is known of slices that were read (`slicesOf`): a federated service that is marked and was not read
 * since need not be marked again.
 */
export class NamespaceMatches {
  readonly namespace: string;
  readonly federated = new Map<string, FederatedService>();
  readonly #sources: SourceClusters;
  readonly #selectors = new SelectorIndex<FederatedService>();
  readonly #clusters = new Map<SourceCluster, ClusterBackings>();
  /** Those whose selector is new: `scan` finds what backs them. */
  #unscanned = new Set<FederatedService>();

  constructor(namespace: string, sources: SourceClusters) {
    this.namespace = namespace;
    this.#sources = sources;
  }

  /** A local service may have become, or not be any more, a federated one. To be followed by `scan`. */
  federatedChanged(name: string, service: Service | undefined, marks: DirtyMarks): void {
    const spec = service && readFederationSpec(service);
    const known = this.federated.get(name);
    if (spec === undefined && known === undefined) return;
    marks.add(this.namespace, name, { kind: 'Service', cluster: null, name });
    if (spec === undefined) this.#remove(known);
    else if (known === undefined) this.#add(new FederatedService(this.namespace, name, spec));
    else this.#replace(known, spec);
  }

  /** A service of any cluster may match other selectors than before, or none. */
  serviceChanged(cluster: SourceCluster, name: string, marks: DirtyMarks): void {
    const service = this.#sources.service(cluster, this.namespace, name);
    const owners = this.#ownersOf(cluster, service);
    const known = this.#clusters.get(cluster)?.service(name);
    if (known === undefined && owners.size === 0) return;
    const cause: DirtyCause = { kind: 'Service', cluster, name };
    const backing = known ?? this.#open(cluster, name);
    const isExternal = service?.type === 'ExternalName';
    if (backing.isExternal !== isExternal) {
      backing.isExternal = isExternal;
      this.#touch(backing, cause, marks);
    }
    this.#relink(backing, owners, cause, marks);
    if (owners.size === 0) this.#close(backing);
  }

  sliceChanged(cluster: SourceCluster, name: string, marks: DirtyMarks): void {
    const backings = this.#clusters.get(cluster);
    if (backings === undefined) return;
    const slice = this.#sources.slice(cluster, this.namespace, name);
    const cause: DirtyCause = { kind: 'EndpointSlice', cluster, name };
    for (const backing of backings.assign(name, slice)) {
      if (!backing.isExternal) this.#touch(backing, cause, marks);
    }
  }

  /** Finds what backs those whose selector is new. One walk for all of them. */
  scan(): void {
    if (this.#unscanned.size === 0) return;
    const added = new SelectorIndex<FederatedService>();
    for (const federated of this.#unscanned) {
      const { selector } = federated.spec.selects;
      if (selector !== undefined) added.add(federated, selector);
    }
    this.#unscanned = new Set();
    for (const { cluster, service } of this.#sources.servicesIn(this.namespace)) {
      if (isAnnotated(service)) continue;
      const owners = added.matching(new ServiceLabels(cluster, service));
      if (owners.size === 0) continue;
      const known = this.#clusters.get(cluster)?.service(service.name);
      const backing = known ?? this.#open(cluster, service.name);
      if (known === undefined) backing.isExternal = service.type === 'ExternalName';
      for (const owner of owners) owner.link(backing);
    }
  }

  /** The slices of a service that backs a federated one, in the order of their names. None of an ExternalName. */
  slicesOf(backing: Backing): EndpointSlice[] {
    if (backing.isExternal) return [];
    const { cluster, name } = backing;
    const slices = this.#sources.slicesOf(cluster, this.namespace, name);
    const backings = this.#clusters.get(cluster);
    for (const slice of slices) if (isBackingSlice(slice)) backings?.read(slice.name, backing);
    return slices;
  }

  #add(federated: FederatedService): void {
    this.federated.set(federated.name, federated);
    this.#select(federated);
  }

  #remove(federated: FederatedService | undefined): void {
    if (federated === undefined) return;
    this.#unselect(federated);
    this.federated.delete(federated.name);
  }

  #replace(federated: FederatedService, spec: FederationSpec): void {
    const before = federated.spec.selects.selector?.canonical;
    const isSame = before === spec.selects.selector?.canonical;
    if (!isSame) this.#unselect(federated);
    federated.spec = spec;
    // Its ports and the like decide what is taken of every slice.
    federated.expansions.clear();
    if (!isSame) this.#select(federated);
  }

  #select(federated: FederatedService): void {
    const { selector } = federated.spec.selects;
    if (selector === undefined) return;
    this.#selectors.add(federated, selector);
    this.#unscanned.add(federated);
  }

  #unselect(federated: FederatedService): void {
    this.#selectors.remove(federated);
    this.#unscanned.delete(federated);
    for (const backing of federated.backings()) {
      federated.unlink(backing);
      if (backing.owners.length === 0) this.#close(backing);
    }
  }

  #ownersOf(cluster: SourceCluster, service: Service | undefined): Set<FederatedService> {
    if (service === undefined || isAnnotated(service)) return new Set();
    return this.#selectors.matching(new ServiceLabels(cluster, service));
  }

  #relink(
    backing: Backing,
    owners: ReadonlySet<FederatedService>,
    cause: DirtyCause,
    marks: DirtyMarks,
  ): void {
    for (const owner of backing.owners) {
      if (owners.has(owner)) continue;
      owner.unlink(backing);
      marks.add(this.namespace, owner.name, cause);
    }
    for (const owner of owners) {
      if (owner.has(backing)) continue;
      owner.link(backing);
      marks.add(this.namespace, owner.name, cause);
    }
  }

  #touch(backing: Backing, cause: DirtyCause, marks: DirtyMarks): void {
    for (const owner of backing.owners) {
      owner.expansions.delete(backing.cluster);
      marks.add(this.namespace, owner.name, cause);
    }
  }

  #open(cluster: SourceCluster, name: string): Backing {
    const backing: Backing = { cluster, name, isExternal: false, owners: [] };
    let backings = this.#clusters.get(cluster);
    if (backings === undefined) {
      backings = new ClusterBackings();
      this.#clusters.set(cluster, backings);
    }
    backings.add(backing);
    return backing;
  }

  #close(backing: Backing): void {
    const backings = this.#clusters.get(backing.cluster);
    backings?.remove(backing);
    if (backings?.isEmpty) this.#clusters.delete(backing.cluster);
  }
}
