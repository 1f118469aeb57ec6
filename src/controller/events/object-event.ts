import type { EventReason } from './event-reasons.ts';

/** The object that an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** '' = an object without namespace; its Events are in namespace `default`, where kubectl looks for them. */
  readonly namespace: string;
  readonly name: string;
  /** '' = not known: then `kubectl describe` does not show the Event. */
  readonly uid: string;
}

export interface ObjectEvent {
  readonly object: ObjectReference;
  readonly reason: EventReason;
  /** One sentence for people. What comes from elsewhere need not be cleaned. */
  readonly message: string;
}

/** A Service as the object of an Event. */
export function serviceReference(service: {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}): ObjectReference {
  const { namespace, name, uid } = service;
  return { apiVersion: 'v1', kind: 'Service', namespace, name, uid };
}
