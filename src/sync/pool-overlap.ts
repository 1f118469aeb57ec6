import type { PoolOverlap } from '../contract/cluster-status.ts';
import type { Found, Lister } from '../contract/lister.ts';
import { cidrBits } from '../model/cidr-overlap.ts';
import type { IPPool } from '../model/objects.ts';

/** Enough for people; a fleet that overlaps more than this has one cause. */
const MAX_REPORTED = 100;
/** A cluster has a handful. What a hostile one makes up must not cost the time of the others. */
const MAX_POOLS_PER_CLUSTER = 500;

/** Equal CIDRs, one pool for each cluster. */
interface Range {
  readonly bits: string;
  readonly pools: Map<string, IPPool>;
}

/**
 * Pools of different clusters that share addresses. A pool that is disabled only keeps addresses free and is how
 * Calico is told of a remote's range (the federation guide of Calico): two overlap only if both are enabled.
 *
 * CIDRs are nested or disjoint: in the order of their bits each is preceded by all that contain it, so one pass with
 * a stack finds every pair.
 */
export function findPoolOverlaps(lister: Pick<Lister, 'clusters' | 'list'>): readonly PoolOverlap[] {
  const overlaps: PoolOverlap[] = [];
  const around: Range[] = [];
  for (const range of sortedRanges(lister)) {
    while (around.length > 0 && !range.bits.startsWith(around.at(-1)?.bits ?? '')) around.pop();
    around.push(range);
    for (const outer of around) {
      for (const overlap of pairs(outer, range)) {
        overlaps.push(overlap);
        if (overlaps.length === MAX_REPORTED) return overlaps;
      }
    }
  }
  return overlaps;
}

function sortedRanges(lister: Pick<Lister, 'clusters' | 'list'>): readonly Range[] {
  const ranges = new Map<string, Range>();
  for (const cluster of lister.clusters()) {
    let left = MAX_POOLS_PER_CLUSTER;
    for (const { entry } of lister.list('IPPool', cluster)) {
      if (left-- === 0) break;
      if (!isEnabledPool(entry)) continue;
      const bits = cidrBits(entry.cidr);
      if (bits === undefined) continue;
      const range = ranges.get(bits) ?? { bits, pools: new Map<string, IPPool>() };
      ranges.set(bits, range);
      if (!range.pools.has(cluster)) range.pools.set(cluster, entry);
    }
  }
  return [...ranges.values()].sort((a, b) => (a.bits < b.bits ? -1 : 1));
}

/** Every pair of clusters once, the first in order first. */
function* pairs(outer: Range, inner: Range): Generator<PoolOverlap> {
  for (const [a, pool] of outer.pools) {
    for (const [b, otherPool] of inner.pools) {
      if (a === b || (outer === inner && a > b)) continue;
      yield a < b ? overlapOf(a, pool, b, otherPool) : overlapOf(b, otherPool, a, pool);
    }
  }
}

function overlapOf(cluster: string, pool: IPPool, otherCluster: string, otherPool: IPPool): PoolOverlap {
  return {
    cidr: pool.cidr,
    cluster,
    pool: pool.name,
    otherCidr: otherPool.cidr,
    otherCluster,
    otherPool: otherPool.name,
  };
}

function isEnabledPool(entry: Found['entry']): entry is IPPool {
  return entry.kind === 'IPPool' && !entry.disabled;
}
