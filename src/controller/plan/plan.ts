import type { OwnedSlice } from '../owned/owned-slice.ts';
import type { DesiredService } from './desired-service.ts';
import { createEdit, draftEdits } from './draft-edits.ts';
import type { Edit } from './edit.ts';
import { isInPlace } from './in-place.ts';
import { dropSparse, fill, MAX_ENDPOINTS } from './packing.ts';
import { compareRanks } from './rank.ts';
import { SetDraft } from './set-draft.ts';
import { SliceDraft } from './slice-draft.ts';
import { baseName, freeName } from './slice-name.ts';
import { byName, sliceSets, type SliceSet } from './slice-sets.ts';
import { Whereabouts } from './whereabouts.ts';

export interface PlanOptions {
  /** From 1 to 1000; what is outside is taken for the nearest of these. */
  readonly maxEndpointsPerSlice: number;
  /** Whether a slice of another owner has this name in the service's namespace. Slices of `actual` need not be told. */
  readonly taken?: (name: string) => boolean;
}

/**
 * The edits that bring the slices of one Service to what is desired; empty where nothing differs. Pure and deterministic.
 *
 * - One set of slices per source cluster, family and port set, of at most ⌈n/limit⌉+1 slices, none empty.
 * - An endpoint stays in the slice where it is unless the limit, that bound, another port set or a new Service UID moves it.
 * - A ready endpoint that is served now and in the end is served after every prefix of phase 1, in any order, and then of phase 2.
 *   What is withdrawn for good leaves in phase 1.
 * - No edit touches a slice of a held cluster, or one that is being deleted. No content has more than 1000 endpoints.
 * - A slice has at most one edit per phase; `of` is the slice as it was given in both.
 *
 * `actual` are our slices in its namespace that are filed under it by label or owner reference.
 */
export function plan(
  desired: DesiredService,
  actual: readonly OwnedSlice[],
  options: PlanOptions,
): readonly Edit[] {
  return planSets(desired, actual, options, () => false).edits;
}

export interface SetsPlan {
  readonly edits: readonly Edit[];
  /** Sets without an edit. */
  readonly settled: readonly SliceSet[];
}

/** As `plan`; sets of which it is known that they need no edit by themselves are not looked into. */
export function planSets(
  desired: DesiredService,
  actual: readonly OwnedSlice[],
  options: PlanOptions,
  isSettled: (set: SliceSet) => boolean,
): SetsPlan {
  const limit = Math.min(Math.max(1, Math.floor(options.maxEndpointsPerSlice)), MAX_ENDPOINTS);
  const grouped = sliceSets(desired, actual);
  const settled: SliceSet[] = [];
  const sets: SetDraft[] = [];
  for (const set of grouped.sets) {
    if (isSettled(set) || isInPlace(set, desired, limit)) settled.push(set);
    else sets.push(new SetDraft(set, desired, limit));
  }
  const unwanted = grouped.unwanted.map((slice) => new SliceDraft(slice, undefined, desired));
  const where = new Whereabouts({
    desired,
    live: [...grouped.held, ...grouped.unwanted, ...sets.flatMap(({ set }) => set.slices)],
    held: grouped.held,
    drafts: sets,
    settled: settled.map(({ part }) => part),
  });
  pack(sets, unwanted, where);
  const edits = unwanted.flatMap((draft) => [...draftEdits(draft, desired, where)]);
  const isTaken = nameTaker(actual, options);
  const names = new Set<string>();
  for (const set of sets) {
    const own = setEdits(set, desired, where, (name) => names.has(name) || isTaken(name));
    for (const edit of own) if (edit.op === 'create') names.add(edit.content.name);
    if (own.length === 0) settled.push(set.set);
    edits.push(...own);
  }
  return { edits: edits.sort(compareEdits), settled };
}

function pack(sets: readonly SetDraft[], unwanted: readonly SliceDraft[], where: Whereabouts): void {
  const drafts = [...unwanted, ...sets.flatMap((set) => set.drafts)];
  where.seekWanted(drafts.flatMap((draft) => Array.from(draft.leaving(), ({ endpoint }) => endpoint)));
  for (const draft of drafts) linger(draft, where);
  for (const set of sets) {
    const dropped = dropSparse(set);
    where.seekServed(set.unplaced());
    if (dropped.length > 0) {
      where.seekWanted(dropped.flatMap((draft) => draft.now));
      for (const draft of dropped) linger(draft, where);
    }
    fill(set, dropped);
  }
}

function linger(draft: SliceDraft, where: Whereabouts): void {
  if (!draft.visible) return;
  for (const { at, endpoint } of draft.leaving()) {
    if (where.mustLinger(endpoint, draft.slice.ports)) draft.lingering.add(at);
  }
}

function setEdits(
  set: SetDraft,
  desired: DesiredService,
  where: Whereabouts,
  isTaken: (name: string) => boolean,
): readonly Edit[] {
  const edits = set.drafts.flatMap((draft) => [...draftEdits(draft, desired, where)]);
  if (set.created.length === 0) return edits;
  const base = baseName(desired.name, desired.uid, set.part);
  const names = new Set<string>();
  for (const endpoints of set.created) {
    const name = freeName(base, (candidate) => names.has(candidate) || isTaken(candidate));
    names.add(name);
    edits.push(createEdit(set.part, desired, { name, endpoints }, where));
  }
  return edits;
}

function nameTaker(actual: readonly OwnedSlice[], { taken }: PlanOptions): (name: string) => boolean {
  let names: Set<string> | undefined;
  return (name) => {
    names ??= new Set(actual.map((slice) => slice.name));
    return names.has(name) || taken?.(name) === true;
  };
}

function compareEdits(a: Edit, b: Edit): number {
  if (a.phase !== b.phase) return a.phase - b.phase;
  return compareRanks(a.rank, b.rank) || byName(targetOf(a), targetOf(b));
}

function targetOf(edit: Edit): { readonly name: string } {
  return edit.op === 'create' ? edit.content : edit.of;
}
