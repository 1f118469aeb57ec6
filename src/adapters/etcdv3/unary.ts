import type { Clock } from '../../runtime/clock.ts';
import { ConnectionError } from './connection-error.ts';
import type { GrpcSession } from './grpc-session.ts';
import { ProtoError } from './proto-reader.ts';

export interface UnaryRequest {
  readonly path: string;
  readonly body: Uint8Array;
  /** '' = none. */
  readonly token: string;
  readonly maxBytes?: number;
  /** Memory for a long answer; by default a fresh buffer. */
  readonly allocate?: ((length: number) => Buffer) | undefined;
  /** Called now and then while a long answer is arriving. */
  readonly onMoving?: (() => void) | undefined;
}

/** One request and its one answer on a given connection. Throws what GrpcCall.done does. */
export type UnaryOnce = (
  session: GrpcSession,
  request: UnaryRequest,
  signal?: AbortSignal,
) => Promise<Buffer>;

/** Answers other than pages are small. */
const MAX_SMALL_ANSWER = 1 << 20;

/** Ends a call that has received nothing for `timeoutMs`: on a slow link a big page may take longer as a whole. */
export function unaryOnce(timeoutMs: number, clock: Clock): UnaryOnce {
  return async (session, request, signal) => {
    const { path, body, token, maxBytes = MAX_SMALL_ANSWER, allocate, onMoving } = request;
    signal?.throwIfAborted();
    let answer: Buffer | undefined;
    const call = session.call({
      path,
      metadata: requestMetadata(token),
      maxMessageBytes: maxBytes,
      allocate,
      onMessage: (message) => {
        answer = message;
      },
    });
    call.send(body);
    call.endSending();
    let seen = 0;
    let cancelTimer = (): void => undefined;
    const watchdog = (): void => {
      cancelTimer = clock.after(timeoutMs, () => {
        if (call.received === seen) {
          call.fail(new ConnectionError(session.endpoint, 'Timeout', `no answer within ${timeoutMs} ms`));
        } else {
          seen = call.received;
          onMoving?.();
          watchdog();
        }
      });
    };
    watchdog();
    const abort = (): void => call.fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await call.done;
    } finally {
      cancelTimer();
      signal?.removeEventListener('abort', abort);
    }
    if (answer === undefined) throw new ProtoError('the answer is empty');
    return answer;
  };
}

/** A member without a leader would answer from what it knew; it shall refuse instead. */
export function requestMetadata(token: string): Record<string, string> {
  return token === '' ? { hasleader: 'true' } : { hasleader: 'true', token };
}
