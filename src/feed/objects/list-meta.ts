import type { JsonObject } from '../../model/json-field.ts';

/** What the metadata of a list says. */
export interface FeedListMeta {
  readonly resourceVersion: string;
  /** '' = this is all. */
  readonly continue: string;
  /** undefined = not said: the list is complete, or a selector narrows it. */
  readonly remainingItemCount?: number | undefined;
}

/** `metadata` of a list. */
export function listMetaJson(meta: FeedListMeta): JsonObject {
  return {
    resourceVersion: meta.resourceVersion,
    continue: meta.continue === '' ? undefined : meta.continue,
    remainingItemCount: meta.remainingItemCount,
  };
}
