import type { SliceEndpoint } from '../../model/endpoint-slice.ts';
import type { SetDraft } from './set-draft.ts';
import type { SliceDraft } from './slice-draft.ts';

/** The API server refuses a slice with more endpoints. */
export const MAX_ENDPOINTS = 1000;

/**
 * Empties the slices without which the set would need more than ⌈n/limit⌉+1 of them, those with the fewest endpoints first.
 * Answers them. Only to be asked when it is known who lingers: lingering endpoints take room.
 */
export function dropSparse(set: SetDraft): readonly SliceDraft[] {
  const { limit, part } = set;
  const allowed = allowedSlices(set);
  const kept = set.drafts.filter((draft) => draft.staying > 0);
  let homeless = part.endpoints.length - sum(kept, (draft) => draft.staying);
  let room = sum(kept, (draft) => roomIn(draft, limit));
  let count = kept.length;
  const total = (): number => count + Math.ceil(Math.max(0, homeless - room) / limit);
  // A stable sort of the reverse: of equal ones the last by name goes.
  const sparse = kept.toReversed().sort((a, b) => a.staying - b.staying);
  const dropped: SliceDraft[] = [];
  for (const draft of sparse) {
    if (total() <= allowed) break;
    homeless += draft.staying;
    room -= roomIn(draft, limit);
    count--;
    dropped.push(draft);
  }
  for (const draft of dropped) set.drop(draft);
  return dropped;
}

/**
 * Puts every endpoint that has no slice into one: where a slice is written anyway, then where one would be deleted, then where
 * the fewest others must be written, and only then into new ones.
 */
export function fill(set: SetDraft, dropped: readonly SliceDraft[]): void {
  const { limit } = set;
  const queue = set.unplaced();
  if (queue.length === 0) return;
  const open = set.drafts.filter((draft) => !dropped.includes(draft));
  const used = open.filter((draft) => draft.staying > 0);
  const written = used.filter((draft) => draft.isWrittenFirst);
  for (const draft of written) take(draft, queue, limit);
  // One with little room (others linger there) would be more than dropSparse has counted with.
  const empty = open.filter((draft) => draft.staying === 0 && roomIn(draft, limit) === limit);
  const more = Math.min(allowedSlices(set) - used.length, Math.ceil(queue.length / limit));
  for (const draft of empty.slice(0, more)) take(draft, queue, limit);
  const roomElsewhere = used.filter((draft) => !written.includes(draft));
  for (const draft of fewest(roomElsewhere, queue.length, limit)) take(draft, queue, limit);
  while (queue.length > 0) set.created.push(queue.splice(0, limit));
}

function allowedSlices({ part, limit }: SetDraft): number {
  return Math.ceil(part.endpoints.length / limit) + 1;
}

/** What may still be put into a slice: lingering endpoints may take it over the limit, never over the API's own. */
function roomIn(draft: SliceDraft, limit: number): number {
  const room = Math.min(limit - draft.size, MAX_ENDPOINTS - draft.size - draft.lingering.size);
  return Math.max(0, room);
}

/** The slices that take `count` endpoints in the fewest writes: the emptiest first, and last the fullest that takes the rest. */
function fewest(drafts: readonly SliceDraft[], count: number, limit: number): readonly SliceDraft[] {
  const byRoom = drafts
    .map((draft) => ({ draft, room: roomIn(draft, limit) }))
    .filter(({ room }) => room > 0)
    .sort((a, b) => b.room - a.room);
  const chosen: SliceDraft[] = [];
  let rest = count;
  for (const [i, { draft, room }] of byRoom.entries()) {
    if (rest <= 0) break;
    if (room < rest) {
      chosen.push(draft);
      rest -= room;
      continue;
    }
    const tight = byRoom.findLast((candidate) => candidate.room >= rest);
    const first = byRoom.slice(i).find((candidate) => candidate.room === tight?.room);
    chosen.push(first?.draft ?? draft);
    break;
  }
  return chosen;
}

function take(draft: SliceDraft, queue: SliceEndpoint[], limit: number): void {
  draft.added.push(...queue.splice(0, roomIn(draft, limit)));
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
