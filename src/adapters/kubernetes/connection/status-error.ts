import { Buffer } from 'node:buffer';
import { DatastoreError, type Reaction } from '../../../contract/datastore-error.ts';
import type { StatusReason } from '../../../model/status.ts';
import type { KubeResponse } from './transport.ts';

/** An answer whose body need only be iterable. */
export type ErrorAnswer = Omit<KubeResponse, 'body'> & { readonly body: AsyncIterable<Uint8Array> };

/** A Status body is short; what comes after this is not read. */
const MAX_BODY_BYTES = 64 * 1024;
/** A remote's text is shown, never trusted: at most this much of it. */
const MAX_MESSAGE_CHARS = 300;
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * What an HTTP answer other than 2xx means. Reads the body (a bounded part of it), so it is called once per
 * response and nothing else reads it. Never rejects: a body that breaks off or is no Status only costs detail.
 * @param what the request for people: `list pods`.
 */
export async function statusError(response: ErrorAnswer, what = 'request'): Promise<DatastoreError> {
  const body = parseStatus(await readStart(response.body));
  return errorOf({
    code: response.status,
    what,
    body,
    retryAfterMs: retryAfter(response.headers['retry-after']),
  });
}

/** The same for a Status object that came as the `object` of an ERROR watch event. */
export function statusObjectError(status: unknown, what = 'watch'): DatastoreError {
  const body = statusBody(status);
  return errorOf({ code: body.code ?? 500, what, body, retryAfterMs: undefined });
}

interface StatusBody {
  readonly code: number | undefined;
  readonly reason: string;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  readonly tooLargeResourceVersion: boolean;
}

interface Answer {
  readonly code: number;
  readonly what: string;
  readonly body: StatusBody;
  readonly retryAfterMs: number | undefined;
}

function errorOf({ code, what, body, retryAfterMs }: Answer): DatastoreError {
  const [reaction, reason] = classify(code, body);
  const detail = body.message === '' ? body.reason : body.message;
  const message = `${what}: the server answered ${code}${detail === '' ? '' : `: ${detail}`}`;
  return new DatastoreError(reaction, reason, message, { retryAfterMs: retryAfterMs ?? body.retryAfterMs });
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
  if (body.tooLargeResourceVersion) return ['relist', 'ClusterReplaced'];
  if (body.reason === 'Expired' || body.reason === 'Gone') return ['relist', 'Compacted'];
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (code >= 500) return ['retry', 'ServerError'];
  return ['retry', 'ProtocolError'];
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY_BYTES) break;
    }
  } catch {
    // The status line already says what matters.
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

function parseStatus(text: string): StatusBody {
  try {
    return statusBody(JSON.parse(text));
  } catch {
    // Proxies and load balancers answer in HTML or plain text: the first line is enough to recognise them.
    const line = text.trimStart().startsWith('<') ? '' : (text.trim().split('\n')[0] ?? '');
    return {
      code: undefined,
      reason: '',
      message: printable(line),
      retryAfterMs: undefined,
      tooLargeResourceVersion: false,
    };
  }
}

function statusBody(value: unknown): StatusBody {
  const status = record(value);
  const details = record(status['details']);
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const message = text(status['message']);
  const seconds = details['retryAfterSeconds'];
  return {
    code: typeof status['code'] === 'number' ? status['code'] : undefined,
    reason: text(status['reason']),
    message,
    retryAfterMs: typeof seconds === 'number' && seconds > 0 ? bounded(seconds * 1000) : undefined,
    // Servers before 1.20 send no cause, only the sentence.
    tooLargeResourceVersion:
      causes.some((cause) => record(cause)['reason'] === 'ResourceVersionTooLarge') ||
      message.startsWith('Too large resource version'),
  };
}

/** Only the form in seconds: the API server sends no dates, and a date would need the remote's clock to be right. */
function retryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? bounded(Number(header) * 1000) : undefined;
}

function bounded(ms: number): number {
  return Math.min(ms, MAX_RETRY_AFTER_MS);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? printable(value) : '';
}

function printable(value: string): string {
  const clean = value.slice(0, MAX_MESSAGE_CHARS * 2).replaceAll(/\p{C}+/gu, ' ');
  return clean.length > MAX_MESSAGE_CHARS ? `${clean.slice(0, MAX_MESSAGE_CHARS)}…` : clean;
}
