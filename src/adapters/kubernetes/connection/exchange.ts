import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { networkError } from './network-error.ts';

export interface Exchange {
  readonly subject: string;
  readonly signal: AbortSignal;
  /** Whether the answer so far is all of it. */
  readonly complete: (bytes: Buffer) => boolean;
}

/** Sends one small message and collects the answer; leaves the socket paused for its next owner. Rejects if it closes. */
export async function exchange(socket: Socket, message: Buffer, options: Exchange): Promise<Buffer> {
  const { subject, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let bytes = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    if (options.complete(bytes)) resolve(bytes);
  };
  const onAbort = (): void => reject(signal.reason);
  const onError = (error: Error): void => reject(networkError(error, subject));
  const onEnd = (): void => onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
  socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    socket.write(message);
    // Paused by the exchange before: a listener alone does not start it again.
    socket.resume();
    return await promise;
  } finally {
    socket.pause();
    socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
    signal.removeEventListener('abort', onAbort);
  }
}
