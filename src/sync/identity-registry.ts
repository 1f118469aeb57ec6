/**
 * Who is which cluster: tells when two RCCs, or an RCC and the local cluster, reach the same one. Holds the sessions
 * in charge only: what a configuration that is still on its way reaches must not take anything from another cluster.
 * Of two that do, the one whose name comes first in byte order keeps it, whichever connected first.
 */
export class IdentityRegistry {
  readonly #byCluster = new Map<string, ReadonlySet<string>>();
  /** The other way round: every status looks for duplicates, so a walk over the fleet would grow with its square. */
  readonly #clusters = new Map<string, Set<string>>();

  /** The name that stands for the local cluster: it sorts before every RCC name, which cannot hold a parenthesis. */
  static readonly local = '(local)';

  /** Returns true if that is news. */
  set(cluster: string, identities: readonly string[]): boolean {
    const before = this.#byCluster.get(cluster);
    const now = new Set(identities);
    this.delete(cluster);
    this.#byCluster.set(cluster, now);
    for (const id of now) {
      const sharing = this.#clusters.get(id);
      if (sharing === undefined) this.#clusters.set(id, new Set([cluster]));
      else sharing.add(cluster);
    }
    return before === undefined
      ? now.size > 0
      : before.size !== now.size || [...now].some((id) => !before.has(id));
  }

  delete(cluster: string): void {
    for (const id of this.#byCluster.get(cluster) ?? []) {
      const sharing = this.#clusters.get(id);
      sharing?.delete(cluster);
      if (sharing?.size === 0) this.#clusters.delete(id);
    }
    this.#byCluster.delete(cluster);
  }

  /** The cluster that `cluster` duplicates, if any; or would, if its identities were those given. */
  duplicateOf(cluster: string, identities?: readonly string[]): string | undefined {
    let first: string | undefined;
    for (const id of identities ?? this.#byCluster.get(cluster) ?? []) {
      for (const name of this.#clusters.get(id) ?? []) {
        if (name < cluster && (first === undefined || name < first)) first = name;
      }
    }
    return first;
  }
}
