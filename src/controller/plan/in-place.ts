import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { DesiredService } from './desired-service.ts';
import { addressOf, sameEndpoint } from './endpoint-content.ts';
import { sameSet } from './set-key.ts';
import type { SliceSet } from './slice-sets.ts';

/**
 * Whether a set is one slice that holds just what it shall. A short cut for what is nearly all of a plan after a restart: a
 * set of which this is false may need no edit all the same.
 */
export function isInPlace({ part, slices }: SliceSet, desired: DesiredService, limit: number): boolean {
  const [slice] = slices;
  if (slice === undefined || slices.length > 1) return false;
  const { endpoints } = slice;
  return (
    slice.intact &&
    slice.service === desired.name &&
    slice.ownerUid === desired.uid &&
    endpoints.length === part.endpoints.length &&
    endpoints.length > 0 &&
    endpoints.length <= limit &&
    sameSet(part, slice) &&
    holdSame(endpoints, part.endpoints)
  );
}

/** `wanted` is sorted, `held` mostly is: what came later stands behind what was there. */
function holdSame(held: readonly SliceEndpoint[], wanted: readonly SliceEndpoint[]): boolean {
  const isSame = (endpoint: SliceEndpoint, at: number): boolean => {
    const other = wanted[at];
    return other !== undefined && sameEndpoint(endpoint, other);
  };
  if (isSorted(held)) return held.every(isSame);
  return held.toSorted((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1)).every(isSame);
}

function isSorted(endpoints: readonly SliceEndpoint[]): boolean {
  for (let i = 1; i < endpoints.length; i++) {
    if (addressOf(endpoints[i - 1] as SliceEndpoint) >= addressOf(endpoints[i] as SliceEndpoint))
      return false;
  }
  return true;
}
