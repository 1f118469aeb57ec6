import { Buffer } from 'node:buffer';
import { printable } from '../../../model/printable.ts';
import type { KubeResponse } from './transport.ts';

/** An answer whose body need only be iterable. */
export type ErrorAnswer = Omit<KubeResponse, 'body'> & { readonly body: AsyncIterable<Uint8Array> };

/** What a Kubernetes Status says. Every text is bounded and printable; '' where there is none. */
export interface StatusBody {
  readonly code: number | undefined;
  /** `AlreadyExists`, `Conflict`; '' also where the answer is no Status at all. */
  readonly reason: string;
  readonly message: string;
  /** From `details`, bounded. */
  readonly retryAfterMs: number | undefined;
  /** `reason` of each of `details.causes`. */
  readonly causes: readonly string[];
  /** Whether `details` names a kind or an object. */
  readonly hasSubject: boolean;
}

/** A Status body is short; what comes after this is not read. */
const MAX_BODY_BYTES = 64 * 1024;
/** A remote's text is shown, never trusted: at most this much of it. */
const MAX_MESSAGE_CHARS = 300;
const MAX_RETRY_AFTER_MS = 5 * 60_000;

/**
 * Reads the Status of an answer other than 2xx: a bounded part of its body, so nothing else reads it. Never rejects: a
 * body that breaks off or is no Status only costs detail.
 */
export async function readStatus(response: ErrorAnswer): Promise<StatusBody> {
  const text = await readStart(response.body);
  try {
    return statusBody(JSON.parse(text));
  } catch {
    // Proxies and load balancers answer in HTML or plain text: the first line is enough to recognise them.
    const line = text.trimStart().startsWith('<') ? '' : (text.trim().split('\n')[0] ?? '');
    return { ...statusBody(undefined), message: excerpt(line) };
  }
}

/** The Status in a JSON value, whatever that is. */
export function statusBody(value: unknown): StatusBody {
  const status = record(value);
  const details = record(status['details']);
  const causes: readonly unknown[] = Array.isArray(details['causes']) ? details['causes'] : [];
  const seconds = details['retryAfterSeconds'];
  return {
    code: typeof status['code'] === 'number' ? status['code'] : undefined,
    reason: text(status['reason']),
    message: text(status['message']),
    retryAfterMs: typeof seconds === 'number' && seconds > 0 ? bounded(seconds * 1000) : undefined,
    causes: causes.map((cause) => text(record(cause)['reason'])),
    hasSubject: text(details['kind']) !== '' || text(details['name']) !== '',
  };
}

/** The header, or what the Status says. */
export function retryAfterOf(response: Pick<KubeResponse, 'headers'>, body: StatusBody): number | undefined {
  const header = response.headers['retry-after'];
  // Only the form in seconds: the API server sends no dates, and a date would need the remote's clock to be right.
  if (header !== undefined && /^\d{1,6}$/.test(header)) return bounded(Number(header) * 1000);
  return body.retryAfterMs;
}

/** `list pods: the server answered 403: pods is forbidden`. */
export function statusSentence(what: string, code: number, body: StatusBody): string {
  const detail = body.message === '' ? body.reason : body.message;
  return `${what}: the server answered ${code}${detail === '' ? '' : `: ${detail}`}`;
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

function bounded(ms: number): number {
  return Math.min(ms, MAX_RETRY_AFTER_MS);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? excerpt(value) : '';
}

function excerpt(value: string): string {
  const clean = printable(value.slice(0, MAX_MESSAGE_CHARS * 2));
  return clean.length > MAX_MESSAGE_CHARS ? `${clean.slice(0, MAX_MESSAGE_CHARS)}…` : clean;
}
