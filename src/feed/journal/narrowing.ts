import type { FeedObject, FeedView } from '../feed-object.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';
import { demandedValue } from '../objects/field-selector.ts';
import { mayBeHashedOf, splitMergedName } from '../objects/merged-name.ts';
import { isSelected, parseObjectSelector } from '../objects/object-selector.ts';
import type { ObjectSelector } from '../objects/object-selector.ts';
import type { FeedNarrowing, FeedTarget } from '../feed-store.ts';
import type { FeedContent, FeedEvent } from './feed-event.ts';

/** What a list or watch shows of the objects that are in its view. */
export class Narrowing {
  /** Nothing is left out. */
  readonly isAll: boolean;
  /** A selector is given: how many objects there are is not known before all were looked at. */
  readonly hasSelector: boolean;
  /** The only name that can match; undefined = any. */
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly #view: FeedView;
  readonly #origin: ReturnType<typeof splitMergedName>;
  readonly #selector: ObjectSelector;

  /** Throws SelectorError. */
  constructor(request: FeedTarget & FeedNarrowing) {
    const { resource, view, namespace, labelSelector, fieldSelector } = request;
    this.#view = view;
    this.#selector = parseObjectSelector(labelSelector, fieldSelector, FEED_RESOURCES[resource]);
    const { labels, fields } = this.#selector;
    this.namespace = namespace ?? demandedValue(fields, 'metadata.namespace');
    this.name = demandedValue(fields, 'metadata.name');
    this.#origin = this.name === undefined ? undefined : splitMergedName(this.name);
    this.hasSelector = labels.length > 0 || fields.length > 0;
    this.isAll = namespace === undefined && !this.hasSelector;
  }

  /** Whether the object, which is in the view, is shown. */
  shows(object: FeedObject): boolean {
    if (this.namespace !== undefined && object.namespace !== this.namespace) return false;
    if (!this.hasSelector) return true;
    return this.#canHaveName(object) && isSelected(object, this.#view, this.#selector);
  }

  /**
   * What a watcher is told of an event: to it an object is there while it is shown. undefined = nothing. Of an object that
   * is shown no more it is told what it knew, with the sequence of the event: so does the API server.
   */
  narrow(event: FeedEvent): FeedEvent | undefined {
    if (this.isAll) return event;
    const { type, object, before } = event;
    const isShown = this.shows(object);
    if (type !== 'MODIFIED') return isShown ? event : undefined;
    // To a consumer that did not have it the deletion says nothing.
    if (before === undefined) return isShown ? event : { type: 'DELETED', object };
    const wasShown = this.shows(withContent(object, before));
    if (isShown) return wasShown ? event : { type: 'ADDED', object };
    return wasShown ? { type: 'DELETED', object: withContent(object, before) } : undefined;
  }

  /** Cheap, and true for nearly no object: single objects are watched by many. */
  #canHaveName(object: FeedObject): boolean {
    if (this.name === undefined) return true;
    if (this.#view.view === 'cluster' || object.resource === 'remoteclusters' || object.cluster === '') {
      return object.name === this.name;
    }
    const origin = this.#origin;
    if (origin === 'hashed') return mayBeHashedOf(object.cluster, this.name);
    return origin !== undefined && object.name === origin.name && object.cluster === origin.cluster;
  }
}

function withContent(object: FeedObject, content: FeedContent): FeedObject {
  return { ...object, content };
}
