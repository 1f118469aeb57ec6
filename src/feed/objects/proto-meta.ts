import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedListMeta } from './list-meta.ts';
import { createdOf } from './object-json.ts';
import { ProtoWriter } from './proto-writer.ts';
import { shownName, shownUid } from './shown-identity.ts';
import { annotationPairs, labelPairs } from './shown-labels.ts';
import { isShownTime } from './shown-time.ts';

// Field numbers: k8s.io/apimachinery pkg/apis/meta/v1 generated.proto.

/** The fields of `meta/v1 ObjectMeta`. */
export function writeObjectMeta(
  writer: ProtoWriter,
  object: FeedObject,
  view: FeedView,
  resourceVersion: string,
): void {
  const created = createdOf(object);
  writer.map(12, sorted(annotationPairs(object, view)));
  writer.map(11, sorted(labelPairs(object, view)));
  writer.message(8, () => {
    if (!isShownTime(created)) return;
    writer.integer(2, 0);
    writer.signed(1, Math.floor(created / 1000));
  });
  writer.integer(7, 0);
  writer.text(6, resourceVersion);
  writer.text(5, shownUid(object, view));
  writer.text(4, '');
  writer.text(3, object.namespace);
  writer.text(2, '');
  writer.text(1, shownName(object, view));
}

/** The fields of an ObjectMeta that has nothing but a revision and annotations: of a bookmark. */
export function writeBareMeta(
  writer: ProtoWriter,
  resourceVersion: string,
  annotations: readonly (readonly [string, string])[],
): void {
  writer.map(12, annotations);
  writer.message(8, () => undefined);
  writer.integer(7, 0);
  writer.text(6, resourceVersion);
  for (const field of [5, 4, 3, 2, 1]) writer.text(field, '');
}

/** The message `meta/v1 ListMeta` as field 1 of a list. */
export function listMetaField(meta: FeedListMeta): Buffer {
  const writer = new ProtoWriter();
  writer.message(1, () => {
    if (meta.remainingItemCount !== undefined) writer.integer(4, meta.remainingItemCount);
    writer.text(3, meta.continue);
    writer.text(2, meta.resourceVersion);
    writer.text(1, '');
  });
  return writer.take();
}

/** By key, as Kubernetes' encoder writes maps. */
function sorted(pairs: [string, string][]): [string, string][] {
  return pairs.sort(([a], [b]) => (a < b ? -1 : 1));
}
