import type { PoolOverlap } from '../contract/cluster-status.ts';
import type { Found } from '../contract/lister.ts';
import { cidrsOverlap } from '../model/cidr-overlap.ts';
import type { IPPool } from '../model/objects.ts';

/** Enough for people; a fleet that overlaps more than this has one cause. */
const MAX_REPORTED = 100;

/**
 * Pools of different clusters that share addresses. A pool that is disabled only keeps addresses free and is how
 * Calico is told of a remote's range (the federation guide of Calico): two overlap only if both are enabled.
 */
export function findPoolOverlaps(found: Iterable<Found>): readonly PoolOverlap[] {
  const pools = [...found].filter(isEnabledPool);
  const overlaps: PoolOverlap[] = [];
  for (const [i, a] of pools.entries()) {
    for (const b of pools.slice(i + 1)) {
      if (a.cluster === b.cluster || !cidrsOverlap(a.entry.cidr, b.entry.cidr)) continue;
      overlaps.push({
        cidr: a.entry.cidr,
        cluster: a.cluster,
        pool: a.entry.name,
        otherCidr: b.entry.cidr,
        otherCluster: b.cluster,
        otherPool: b.entry.name,
      });
      if (overlaps.length === MAX_REPORTED) return overlaps;
    }
  }
  return overlaps;
}

function isEnabledPool(found: Found): found is Found<IPPool> {
  return found.entry.kind === 'IPPool' && !found.entry.disabled;
}
