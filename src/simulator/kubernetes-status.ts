/** A failure as the API server words it: a Status object. */
export interface ApiFailure {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: object;
}

export function failure(code: number, reason: string, message: string): ApiFailure {
  return { code, reason, message };
}

export function notFound(): ApiFailure {
  return failure(404, 'NotFound', 'the server could not find the requested resource');
}

/** The revision is older than the history, or the page token outlived it. */
export function expired(message: string): ApiFailure {
  return failure(410, 'Expired', message);
}

/** The client has seen a revision that this server has not reached. */
export function tooLarge(wanted: number, current: number): ApiFailure {
  return {
    code: 504,
    reason: 'Timeout',
    message: `Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  };
}

export function statusObject(failure: ApiFailure): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: failure.message,
    reason: failure.reason,
    ...(failure.details === undefined ? {} : { details: failure.details }),
    code: failure.code,
  };
}
