import { health } from './endpoint-content.ts';
import { type Rank, RANKS } from '../../model/edit-rank.ts';
import type { SliceDraft } from './slice-draft.ts';
import type { Whereabouts } from './whereabouts.ts';

/** What of a draft one edit does. */
export interface Extent {
  /** Positions of `draft.now` that this edit takes out. */
  readonly out: (at: number) => boolean;
  /** Whether it also brings in what enters or changes. */
  readonly in: boolean;
}

/** The most urgent of what an edit does for endpoints that enter or leave the service; one that moves is cosmetic. */
export function rankOf(draft: SliceDraft, extent: Extent, where: Whereabouts): Rank {
  return mostUrgent([...ranksOut(draft, extent, where), ...(extent.in ? ranksIn(draft, where) : [])]);
}

export function mostUrgent(ranks: Iterable<Rank>): Rank {
  let best = RANKS.length - 1;
  for (const rank of ranks) best = Math.min(best, RANKS.indexOf(rank));
  return RANKS[best] ?? 'cosmetic';
}

export function compareRanks(a: Rank, b: Rank): number {
  return RANKS.indexOf(a) - RANKS.indexOf(b);
}

function* ranksOut(draft: SliceDraft, extent: Extent, where: Whereabouts): Generator<Rank> {
  // Nobody sees the endpoints of such a slice, so nobody misses them.
  if (!draft.visible) return;
  for (const { at, endpoint } of draft.leaving()) {
    if (extent.out(at)) yield where.rankOfLeaving(endpoint, draft.slice.ports);
  }
}

function* ranksIn(draft: SliceDraft, where: Whereabouts): Generator<Rank> {
  const { part } = draft;
  if (part === undefined) return;
  if (!draft.visible && draft.staying > 0) yield 'add';
  for (const endpoint of draft.added) yield where.rankOfEntering(endpoint, part.ports);
  for (const { from, to } of draft.changing()) {
    const change = health(to) - health(from);
    if (change < 0) yield 'not-ready';
    else if (change > 0) yield 'add';
  }
}
