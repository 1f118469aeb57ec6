import type { DatastoreError } from '../../../contract/datastore-error.ts';
import { WriteError, type WriteProblem } from '../../../contract/local-api.ts';
import {
  type ErrorAnswer,
  type StatusBody,
  readStatus,
  retryAfterOf,
  statusSentence,
} from '../connection/status-body.ts';

const BY_CODE: ReadonlyMap<number, WriteProblem> = new Map<number, WriteProblem>([
  [400, 'invalid'],
  [401, 'forbidden'],
  [405, 'absent'],
  [406, 'invalid'],
  [413, 'invalid'],
  [415, 'invalid'],
  [422, 'invalid'],
  [429, 'throttled'],
]);

/**
 * What an HTTP answer other than 2xx to a write means. Reads a bounded part of the body. Never rejects.
 * @param what the request for people: `create /api/v1/namespaces/shop/services/web`.
 */
export async function writeStatusError(response: ErrorAnswer, what: string): Promise<WriteError> {
  const body = await readStatus(response);
  const { status } = response;
  return new WriteError(
    problemOf(status, body),
    statusSentence(what, status, body),
    retryAfterOf(response, body),
  );
}

/** What it means that there was no answer, or not a whole one: nobody knows whether it was done. */
export function writeFailure(error: DatastoreError, what: string): WriteError {
  const message = error.message.startsWith(what) ? error.message : `${what}: ${error.message}`;
  return new WriteError('failed', message, error.retryAfterMs);
}

function problemOf(code: number, body: StatusBody): WriteProblem {
  switch (code) {
    case 403:
      return body.causes.includes('NamespaceTerminating') ? 'terminating' : 'forbidden';
    case 404:
      // Only a handler that knows the kind names what it did not find; of an API that is not served the server has no words.
      return body.reason === 'NotFound' && body.hasSubject ? 'not-found' : 'absent';
    case 409:
      return body.reason === 'AlreadyExists' ? 'exists' : 'conflict';
    default:
      return BY_CODE.get(code) ?? 'failed';
  }
}
