import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { DesiredPart, DesiredService } from './desired-service.ts';
import { SetKeys } from './set-key.ts';
import { baseName, hasBase } from './slice-name.ts';
import { servesSame } from './served-port.ts';

/** A part that is wanted, and the slices that are there for it, by name. */
export interface SliceSet {
  readonly key: string;
  readonly part: DesiredPart;
  readonly slices: readonly OwnedSlice[];
}

export interface SliceSets {
  readonly sets: readonly SliceSet[];
  /** Of no part that is wanted, or of an earlier Service of the name. */
  readonly unwanted: readonly OwnedSlice[];
  /** Of clusters that are held. */
  readonly held: readonly OwnedSlice[];
}

/** Which slices serve which part. Slices that are being deleted are left out: they serve nobody for long. */
export function sliceSets(desired: DesiredService, actual: readonly OwnedSlice[]): SliceSets {
  const isHeld = remembered(desired.isHeld);
  const keys = new SetKeys();
  const sets = new Map<string, { key: string; part: DesiredPart; slices: OwnedSlice[] }>();
  for (const part of desired.parts) {
    if (isHeld(part.cluster)) continue;
    const key = keys.of(part);
    sets.set(key, { key, part, slices: [] });
  }
  const held: OwnedSlice[] = [];
  const unwanted: OwnedSlice[] = [];
  for (const slice of actual) {
    if (slice.deleting) continue;
    if (isHeld(slice.cluster)) held.push(slice);
    else (setOf(slice, desired, sets, keys)?.slices ?? unwanted).push(slice);
  }
  for (const { slices } of sets.values()) slices.sort(byName);
  return { sets: [...sets.values()], unwanted: unwanted.sort(byName), held };
}

export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function setOf<S extends SliceSet>(
  slice: OwnedSlice,
  desired: DesiredService,
  sets: ReadonlyMap<string, S>,
  keys: SetKeys,
): S | undefined {
  // The garbage collector deletes the slices of an earlier Service at any moment: they are replaced, not adopted.
  if (slice.ownerUid !== '' && slice.ownerUid !== desired.uid) return undefined;
  return sets.get(keys.of(slice)) ?? namedFor(slice, desired, sets);
}

/**
 * The set that a slice was named for: one whose cluster label or appProtocol was changed by somebody else is repaired where it
 * is. One whose ports were changed is not: its endpoints are served at other ports now, so they move.
 */
function namedFor<S extends SliceSet>(
  slice: OwnedSlice,
  desired: DesiredService,
  sets: ReadonlyMap<string, S>,
): S | undefined {
  for (const set of sets.values()) {
    const { part } = set;
    if (part.family !== slice.family || !servesSame(part.ports, slice.ports)) continue;
    if (hasBase(slice.name, baseName(desired.name, desired.uid, part))) return set;
  }
  return undefined;
}

function remembered(isHeld: (cluster: SourceCluster) => boolean): (cluster: SourceCluster) => boolean {
  const known = new Map<SourceCluster, boolean>();
  return (cluster) => {
    let answer = known.get(cluster);
    if (answer === undefined) {
      answer = isHeld(cluster);
      known.set(cluster, answer);
    }
    return answer;
  };
}
