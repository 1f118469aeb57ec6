import type { RccObject } from '../../model/rcc.ts';
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
  /**
   * It says how the object is now, in place of what was said of it last: written although the same was written shortly before,
   * and after whatever waits, so that the newest Event is true. The caller bounds how often.
   */
  readonly isState?: true;
}

/** A RemoteClusterConfiguration as the object of an Event. */
export function clusterReference(name: string, { apiVersion, uid }: RccObject): ObjectReference {
  return { apiVersion, kind: 'RemoteClusterConfiguration', namespace: '', name, uid };
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
