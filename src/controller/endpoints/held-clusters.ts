import type { SourceCluster } from '../../model/federation.ts';

/** Whose part must be left as it is, because their data is not complete yet. */
export interface HeldClusters {
  readonly isHeld: (cluster: SourceCluster) => boolean;
  /** Any cluster at all is held, or may exist without being known yet: a source of RCCs was not read completely. */
  readonly anyHeld: boolean;
}

/** Whether any of these clusters is held; none = not known, then any held cluster may be the one. */
export function anyOfHeld(clusters: readonly SourceCluster[], held: HeldClusters): boolean {
  return clusters.length === 0 ? held.anyHeld : clusters.some((cluster) => held.isHeld(cluster));
}
