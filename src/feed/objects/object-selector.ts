import type { FeedObject, FeedView } from '../feed-object.ts';
import type { FeedResource } from '../feed-resource.ts';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import type { FieldSelector } from './field-selector.ts';
import { matchesLabels, parseLabelSelector } from './label-selector.ts';
import type { LabelSelector } from './label-selector.ts';
import { fieldOf } from './shown-fields.ts';
import { labelOf } from './shown-labels.ts';

/** What a list or watch is narrowed to. */
export interface ObjectSelector {
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
}

/** The parameters `labelSelector` and `fieldSelector` of a request; '' = none. Throws SelectorError. */
export function parseObjectSelector(labels: string, fields: string, resource: FeedResource): ObjectSelector {
  return { labels: parseLabelSelector(labels), fields: parseFieldSelector(fields, resource) };
}

/** Whether the object, as the view shows it, is selected. */
export function isSelected(object: FeedObject, view: FeedView, { labels, fields }: ObjectSelector): boolean {
  return (
    (labels.length === 0 || matchesLabels(labels, (key) => labelOf(object, view, key))) &&
    (fields.length === 0 || matchesFields(fields, (field) => fieldOf(object, view, field)))
  );
}
