import { DatastoreError, type Reaction } from '../../../contract/datastore-error.ts';
import type { StatusReason } from '../../../model/status.ts';
import {
  type ErrorAnswer,
  type StatusBody,
  readStatus,
  retryAfterOf,
  statusBody,
  statusSentence,
} from './status-body.ts';

/**
 * What an HTTP answer other than 2xx means. Reads the body (a bounded part of it), so it is called once per
 * response and nothing else reads it. Never rejects: a body that breaks off or is no Status only costs detail.
 * @param what the request for people: `list pods`.
 */
export async function statusError(response: ErrorAnswer, what = 'request'): Promise<DatastoreError> {
  const body = await readStatus(response);
  return errorOf({ code: response.status, what, body, retryAfterMs: retryAfterOf(response, body) });
}

/** The same for a Status object that came as the `object` of an ERROR watch event. */
export function statusObjectError(status: unknown, what = 'watch'): DatastoreError {
  const body = statusBody(status);
  return errorOf({ code: body.code ?? 500, what, body, retryAfterMs: body.retryAfterMs });
}

interface Answer {
  readonly code: number;
  readonly what: string;
  readonly body: StatusBody;
  readonly retryAfterMs: number | undefined;
}

function errorOf({ code, what, body, retryAfterMs }: Answer): DatastoreError {
  const [reaction, reason] = classify(code, body);
  return new DatastoreError(reaction, reason, statusSentence(what, code, body), { retryAfterMs });
}

const BY_CODE: ReadonlyMap<number, readonly [Reaction, StatusReason]> = new Map([
  [401, ['unauthorized', 'Unauthorized']],
  [403, ['forbidden', 'Forbidden']],
  [404, ['retry', 'NotFound']],
  [408, ['retry', 'Timeout']],
  [410, ['relist', 'Compacted']],
  [429, ['retry', 'Overloaded']],
  [504, ['retry', 'Timeout']],
]);

function classify(code: number, body: StatusBody): readonly [Reaction, StatusReason] {
  // A revision that this server has never reached: its cache lags behind, or etcd was restored from a backup. Only
  // a list that asks for no revision is right in both cases.
  if (isTooLargeRevision(body)) return ['relist', 'ClusterReplaced'];
  if (body.reason === 'Expired' || body.reason === 'Gone') return ['relist', 'Compacted'];
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (code >= 500) return ['retry', 'ServerError'];
  return ['retry', 'ProtocolError'];
}

/** Servers before 1.20 send no cause, only the sentence. */
function isTooLargeRevision({ causes, message }: StatusBody): boolean {
  return causes.includes('ResourceVersionTooLarge') || message.startsWith('Too large resource version');
}
