import type { SourceCluster } from '../../model/federation.ts';
import type { ClusterExpansion } from './cluster-expansion.ts';
import type { FederationSpec } from './federation-spec.ts';

/** A service of one cluster that federated services of its namespace select. */
export interface Backing {
  readonly cluster: SourceCluster;
  readonly name: string;
  /** Of type ExternalName: it gives nothing. */
  isExternal: boolean;
  /** Whom it backs; mostly one. Empty = it is not in use any more. */
  owners: readonly FederatedService[];
}

/** A local service with the annotation, and what is known of what backs it. */
export class FederatedService {
  readonly namespace: string;
  readonly name: string;
  spec: FederationSpec;
  /** One flat set: 2,000 services with 50 clusters each would need 100,000 maps by cluster. */
  readonly #backings = new Set<Backing>();
  readonly #touched = new Set<SourceCluster>();
  /** What was made of clusters that did not change since. */
  readonly expansions = new Map<SourceCluster, ClusterExpansion>();

  constructor(namespace: string, name: string, spec: FederationSpec) {
    this.namespace = namespace;
    this.name = name;
    this.spec = spec;
  }

  has(backing: Backing): boolean {
    return this.#backings.has(backing);
  }

  link(backing: Backing): void {
    if (this.#backings.has(backing)) return;
    this.#backings.add(backing);
    backing.owners = [...backing.owners, this];
    this.#touched.add(backing.cluster);
    this.expansions.delete(backing.cluster);
  }

  unlink(backing: Backing): void {
    if (!this.#backings.delete(backing)) return;
    backing.owners = backing.owners.filter((owner) => owner !== this);
    this.expansions.delete(backing.cluster);
  }

  backings(): Backing[] {
    return [...this.#backings];
  }

  /** The backing services by cluster: the local one first, all in the order of names. */
  byCluster(): Map<SourceCluster, Backing[]> {
    const found = new Map<SourceCluster, Backing[]>();
    for (const backing of [...this.#backings].sort(compareBackings)) {
      const known = found.get(backing.cluster);
      if (known) known.push(backing);
      else found.set(backing.cluster, [backing]);
    }
    return found;
  }

  /** The backing services that give nothing, sorted. */
  externals(): Backing[] {
    return this.backings()
      .filter((backing) => backing.isExternal)
      .sort(compareBackings);
  }

  /** Whether something other than an ExternalName backs it. */
  hasMatches(): boolean {
    for (const backing of this.#backings) if (!backing.isExternal) return true;
    return false;
  }

  /** Clusters that back it or, till `forget`, did so: the local one first. */
  touched(): SourceCluster[] {
    return [...this.#touched].sort(compareClusters);
  }

  isTouchedBy(cluster: SourceCluster): boolean {
    return this.#touched.has(cluster);
  }

  /** The cluster's former part is being withdrawn: what it had does not matter any more. */
  forget(cluster: SourceCluster): void {
    for (const backing of this.#backings) if (backing.cluster === cluster) return;
    this.#touched.delete(cluster);
  }
}

function compareBackings(a: Backing, b: Backing): number {
  return compareClusters(a.cluster, b.cluster) || (a.name < b.name ? -1 : 1);
}

/** The local cluster first, then by name. */
export function compareClusters(a: SourceCluster, b: SourceCluster): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}
