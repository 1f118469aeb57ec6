import type { FeedFailure } from '../feed-store.ts';
import type { FailureStatus } from '../objects/status-object.ts';

/** A collection or object as errors name it. */
export interface StatusSubject {
  readonly group: string;
  /** Plural. */
  readonly resource: string;
  readonly name: string;
}

export function badRequest(message: string): FailureStatus {
  return { code: 400, reason: 'BadRequest', message };
}

export function unauthorized(reason: string): FailureStatus {
  return { code: 401, reason: 'Unauthorized', message: `Unauthorized: ${reason}` };
}

export function forbidden(message: string, subject: StatusSubject | undefined): FailureStatus {
  const { name = '', group = '', resource: kind = '' } = subject ?? {};
  const details = {
    ...(name !== '' && { name }),
    ...(group !== '' && { group }),
    ...(kind !== '' && { kind }),
  };
  return { code: 403, reason: 'Forbidden', message, details };
}

/** Nothing is served at the path. */
export function unknownPath(hint = ''): FailureStatus {
  return {
    code: 404,
    reason: 'NotFound',
    message: `the server could not find the requested resource${hint}`,
    details: {},
  };
}

export function notFound({ group, resource, name }: StatusSubject): FailureStatus {
  const qualified = group === '' ? resource : `${resource}.${group}`;
  return {
    code: 404,
    reason: 'NotFound',
    message: `${qualified} "${name}" not found`,
    details: { name, ...(group !== '' && { group }), kind: resource },
  };
}

/** The client was too slow to say what it wants. */
export function requestTimeout(): FailureStatus {
  return { code: 408, reason: 'RequestTimeout', message: 'the request was not complete in time' };
}

/** The feed has no verb that changes anything. */
export function methodNotAllowed(method: string): FailureStatus {
  return {
    code: 405,
    reason: 'MethodNotAllowed',
    message: `the feed is read-only and does not support ${method}: it shows what the remote clusters hold, so change an object in its own cluster`,
    details: {},
  };
}

export function notAcceptable(accepted: readonly string[]): FailureStatus {
  return {
    code: 406,
    reason: 'NotAcceptable',
    message: `only the following media types are accepted: ${accepted.join(', ')}`,
  };
}

export function uriTooLong(maxBytes: number): FailureStatus {
  return { code: 414, reason: 'RequestURITooLong', message: `the URL is longer than ${maxBytes} bytes` };
}

/** Clients of the API wait that long and try again by themselves. */
export function tooManyRequests(message: string, retryAfterSeconds: number): FailureStatus {
  return { code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } };
}

export function headersTooLarge(maxBytes: number): FailureStatus {
  return {
    code: 431,
    reason: 'RequestHeaderFieldsTooLarge',
    message: `the headers are larger than ${maxBytes} bytes`,
  };
}

/** Says nothing of what went wrong: that is in the daemon's log. */
export function internalError(): FailureStatus {
  return {
    code: 500,
    reason: 'InternalError',
    message: 'Internal error occurred: the log of fedsyncd says more',
  };
}

export function unavailable(message: string, retryAfterSeconds?: number): FailureStatus {
  return {
    code: 503,
    reason: 'ServiceUnavailable',
    message,
    ...(retryAfterSeconds !== undefined && { details: { retryAfterSeconds } }),
  };
}

export function timedOut(message: string): FailureStatus {
  return { code: 504, reason: 'Timeout', message: `Timeout: ${message}` };
}

export function statusOf({ code, reason, message, details }: FeedFailure): FailureStatus {
  return { code, reason, message, details };
}
