/**
 * Who is which cluster: tells when two RCCs, or an RCC and the local cluster, reach the same one.
 * Of two that do, the one whose name comes first in byte order keeps it, whichever connected first.
 */
export class IdentityRegistry {
  readonly #byCluster = new Map<string, ReadonlySet<string>>();

  /** The name that stands for the local cluster: it sorts before every RCC name, which cannot hold a parenthesis. */
  static readonly local = '(local)';

  /** Returns true if that is news. */
  set(cluster: string, identities: readonly string[]): boolean {
    const before = this.#byCluster.get(cluster);
    const now = new Set(identities);
    this.#byCluster.set(cluster, now);
    return before === undefined
      ? now.size > 0
      : before.size !== now.size || [...now].some((id) => !before.has(id));
  }

  delete(cluster: string): void {
    this.#byCluster.delete(cluster);
  }

  /** The cluster that `cluster` duplicates, if any. */
  duplicateOf(cluster: string): string | undefined {
    const own = this.#byCluster.get(cluster);
    if (!own) return undefined;
    const others = [...this.#byCluster]
      .filter(([name, ids]) => name < cluster && [...ids].some((id) => own.has(id)))
      .map(([name]) => name);
    return others.sort()[0];
  }
}
