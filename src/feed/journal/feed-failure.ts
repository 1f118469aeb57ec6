import type { FeedPlural } from '../feed-resource.ts';
import type { FeedFailure } from '../feed-store.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';

// The texts are the API server's where it has one for the case: some clients and many people know them.

export function badRequest(message: string): FeedFailure {
  return { state: 'failed', code: 400, reason: 'BadRequest', message };
}

export function expired(message: string): FeedFailure {
  return { state: 'failed', code: 410, reason: 'Expired', message };
}

/** `asked` is a resource version that reaches back too far, or is not of this process. */
export function tooOld(asked: string, oldest: string): FeedFailure {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

/** A resource version that another process issued, or none has yet. */
export function notIssued(asked: string): FeedFailure {
  return expired(`resource version ${asked} was not issued by this process: list again`);
}

export function continueExpired(): FeedFailure {
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
  );
}

export function objectNotFound(resource: FeedPlural, name: string): FeedFailure {
  const { group } = FEED_RESOURCES[resource];
  const qualified = group === '' ? resource : `${resource}.${group}`;
  return {
    state: 'failed',
    code: 404,
    reason: 'NotFound',
    message: `${qualified} ${JSON.stringify(name)} not found`,
    details: { name, ...(group !== '' && { group }), kind: resource },
  };
}

export function clusterNotFound(name: string): FeedFailure {
  return objectNotFound('remoteclusters', name);
}

export function tooManyLists(): FeedFailure {
  return {
    state: 'failed',
    code: 429,
    reason: 'TooManyRequests',
    message: 'too many lists are being read, please try again later',
    details: { retryAfterSeconds: 1 },
  };
}

export function notRunning(): FeedFailure {
  return { state: 'failed', code: 503, reason: 'ServiceUnavailable', message: 'the feed is not running' };
}

export interface InvalidField {
  readonly reason: 'FieldValueForbidden' | 'FieldValueNotSupported' | 'FieldValueInvalid';
  readonly message: string;
  readonly field: string;
}

/** ListOptions that contradict each other. */
export function invalidOptions(causes: readonly InvalidField[]): FeedFailure {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const all = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return {
    state: 'failed',
    code: 422,
    reason: 'Invalid',
    message: `ListOptions.meta.k8s.io "" is invalid: ${all}`,
    details: { group: 'meta.k8s.io', kind: 'ListOptions', causes },
  };
}
