import type { FeedObject } from '../feed-object.ts';
import type { Narrowing } from './narrowing.ts';
import type { ObjectSource } from './object-source.ts';
import type { TurnTaker } from './turn-taker.ts';

/** Objects that are read from a snapshot in one go. */
export const SLICE = 64;
/** The most objects that a page of a narrowed list holds, whatever its limit: they are kept in memory. */
const MAX_FOUND = 5000;

/** One page of a list. */
export interface ListPage {
  /** Its objects, slice by slice; may be asked for twice. */
  readonly slices: () => Iterable<readonly FeedObject[]>;
  /** The position in the snapshot at which the next page starts; undefined = there is none. */
  readonly next: number | undefined;
}

export interface PageRequest {
  readonly source: ObjectSource;
  readonly from: number;
  /** 0 = everything. */
  readonly limit: number;
  readonly narrowing: Narrowing;
}

/** Finds where a page ends. Only where a limit and a selector meet that means to look at the objects. */
export async function listPage(request: PageRequest, turns: TurnTaker): Promise<ListPage> {
  const { source, from, limit, narrowing } = request;
  if (limit > 0 && !narrowing.isAll) return foundPage(request, turns);
  const to = limit === 0 ? source.size : Math.min(source.size, from + limit);
  return { slices: () => shownSlices(request, to), next: to < source.size ? to : undefined };
}

function* shownSlices(
  { source, from, narrowing }: PageRequest,
  to: number,
): Generator<readonly FeedObject[]> {
  for (let at = from; at < to; at += SLICE) {
    const objects = source.read(at, Math.min(SLICE, to - at));
    yield narrowing.isAll ? objects : objects.filter((object) => narrowing.shows(object));
  }
}

async function foundPage(
  { source, from, limit, narrowing }: PageRequest,
  turns: TurnTaker,
): Promise<ListPage> {
  const most = Math.min(limit, MAX_FOUND);
  const found: FeedObject[] = [];
  let at = from;
  while (at < source.size && found.length < most) {
    await turns.next();
    for (const object of source.read(at, SLICE)) {
      at++;
      if (narrowing.shows(object) && found.push(object) === most) break;
    }
  }
  return { slices: () => inSlices(found), next: at < source.size ? at : undefined };
}

function* inSlices(objects: readonly FeedObject[]): Generator<readonly FeedObject[]> {
  for (let at = 0; at < objects.length; at += SLICE) yield objects.slice(at, at + SLICE);
}
