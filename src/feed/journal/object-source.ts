import type { ListSnapshot } from '../../contract/lister.ts';
import type { FeedObject } from '../feed-object.ts';
import type { FeedRevisions } from './feed-revisions.ts';
import { indexedObject } from './indexed-object.ts';

/** The objects of one collection in one view as they were at one sequence, readable in slices. */
export interface ObjectSource {
  readonly sequence: number;
  readonly size: number;
  /** Those at the positions `from` to `from + max`, in an order that stays. */
  read(from: number, max: number): readonly FeedObject[];
  close(): void;
}

/** Objects that are few, or known anyway. They must not change. */
export function fixedSource(objects: readonly FeedObject[], sequence: number): ObjectSource {
  return {
    sequence,
    size: objects.length,
    read: (from, max) => objects.slice(from, from + max),
    close: () => undefined,
  };
}

/** Takes the snapshot over. */
export function snapshotSource(snapshot: ListSnapshot, revisions: FeedRevisions): ObjectSource {
  return {
    sequence: revisions.sequence(snapshot.revision),
    size: snapshot.size,
    read: (from, max) =>
      snapshot
        .read(from, max)
        .map(({ cluster, entry, revision }) => indexedObject(cluster, entry, revisions.sequence(revision))),
    close: () => snapshot.close(),
  };
}
