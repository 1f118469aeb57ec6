import type { JsonObject } from '../../model/json-field.ts';
import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedPlural } from '../feed-resource.ts';
import { FEED_RESOURCES } from './feed-resources.ts';
import { objectJson } from './object-json.ts';
import { partialJson } from './partial-object.ts';
import { tableCells } from './table-cells.ts';

// `Table` of meta.k8s.io/v1: what kubectl prints.

/** What rows carry beside their cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** `columnDefinitions` of a resource. */
export function columnDefinitions(plural: FeedPlural): readonly JsonObject[] {
  return FEED_RESOURCES[plural].columns.map(({ name, type, format, description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

/** A row for `object`. `now` is what ages are counted to, in milliseconds since the epoch. */
export function tableRow(
  object: FeedObject,
  view: FeedView,
  resourceVersion: string,
  options: { readonly now: number; readonly includeObject: IncludeObject },
): JsonObject {
  return {
    cells: tableCells(object, view, options.now),
    object: rowObject(options.includeObject, object, view, resourceVersion),
  };
}

/** A table without its rows. */
export function tableHead(plural: FeedPlural, meta: JsonObject): JsonObject {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: meta,
    columnDefinitions: columnDefinitions(plural),
  };
}

function rowObject(
  include: IncludeObject,
  object: FeedObject,
  view: FeedView,
  resourceVersion: string,
): JsonObject | null {
  switch (include) {
    case 'None':
      return null;
    case 'Metadata':
      return partialJson(object, view, resourceVersion);
    case 'Object':
      return objectJson(object, view, resourceVersion);
  }
}
