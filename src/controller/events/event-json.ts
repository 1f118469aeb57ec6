import { createHash } from 'node:crypto';
import type { JsonObject } from '../../model/json-field.ts';
import { printable } from '../../model/printable.ts';
import { eventType } from './event-reasons.ts';
import type { ObjectEvent } from './object-event.ts';

/** What events.k8s.io allows, which stores the same objects, though it counts bytes. */
const MAX_MESSAGE = 1024;
const MAX_INSTANCE = 128;
const MAX_NAME = 253;
const DIGITS = 16;

/** Who reports. */
export interface EventSource {
  /** `fedsyncd`: kubectl shows it as From. */
  readonly component: string;
  /** The pod or host. */
  readonly instance: string;
}

/** One Event object: all repetitions of the same object, reason and message, from any replica and over restarts. */
export interface EventKey {
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

export function eventKey(event: ObjectEvent): EventKey {
  const { object, reason } = event;
  const message = bounded(printable(event.message));
  const identity = [
    object.apiVersion,
    object.kind,
    object.namespace,
    object.name,
    object.uid,
    reason,
    message,
  ];
  const digest = createHash('sha256').update(identity.join('\0')).digest('hex').slice(0, DIGITS);
  return {
    namespace: object.namespace === '' ? 'default' : object.namespace,
    name: `${object.name.slice(0, MAX_NAME - DIGITS - 1).replace(/[-.]+$/, '')}.${digest}`,
    message,
  };
}

export function eventCollectionPath({ namespace }: EventKey): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
}

export function eventPath(key: EventKey): string {
  return `${eventCollectionPath(key)}/${encodeURIComponent(key.name)}`;
}

/**
 * A new Event of core/v1. Not of events.k8s.io/v1, whose objects have no lastTimestamp: `kubectl get events
 * --sort-by=.lastTimestamp`, as everybody types it, would show them in the wrong place. Both are the same objects in storage.
 */
export function newEvent(
  event: ObjectEvent,
  source: EventSource,
  count: number,
  epochMs: number,
): JsonObject {
  const { namespace, name, message } = eventKey(event);
  const { apiVersion, kind, uid } = event.object;
  const about = { namespace: event.object.namespace, name: event.object.name, uid };
  const given = Object.entries(about).filter(([, value]) => value !== '');
  const time = timestamp(epochMs);
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name },
    involvedObject: { apiVersion, kind, ...Object.fromEntries(given) },
    type: eventType(event.reason),
    reason: event.reason,
    message,
    count,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component: source.component },
    reportingComponent: source.component,
    reportingInstance: source.instance.slice(0, MAX_INSTANCE),
  };
}

/** What must be known of an Event in the API to count it up. */
export interface StoredEvent {
  readonly resourceVersion: string;
  readonly count: number;
}

export function storedEvent(event: JsonObject): StoredEvent {
  const { resourceVersion } = event['metadata'] as JsonObject;
  const { count } = event;
  return { resourceVersion: String(resourceVersion), count: typeof count === 'number' ? count : 1 };
}

/** A merge patch that adds `more` repetitions to an Event, with its resourceVersion as the precondition. */
export function repeatedEvent(stored: StoredEvent, more: number, epochMs: number): JsonObject {
  const { resourceVersion, count } = stored;
  return { metadata: { resourceVersion }, count: count + more, lastTimestamp: timestamp(epochMs) };
}

/** Kubernetes Time: whole seconds. */
function timestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

function bounded(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1).toWellFormed()}…`;
}
