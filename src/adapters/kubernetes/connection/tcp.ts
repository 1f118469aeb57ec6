import { type Socket, connect } from 'node:net';
import { networkError } from './network-error.ts';

/** One address is given up for the next after this time; Node's 250 ms are short for a far cluster. */
const ADDRESS_ATTEMPT_MS = 1500;
const KEEPALIVE_MS = 30_000;

/** @throws DatastoreError DnsFailed, ConnectionRefused, Unreachable, Timeout; or the signal's reason */
export async function connectTcp(
  address: { readonly host: string; readonly port: number },
  subject: string,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({
    host: address.host,
    port: address.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_MS,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
  });
  await ready(socket, 'connect', { subject, signal });
  return socket;
}

/**
 * Waits for the event that makes a socket usable; destroys the socket on any other outcome. An error listener stays
 * on it: an error between two owners must not end the process.
 */
export async function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  { subject, signal }: { readonly subject: string; readonly signal: AbortSignal },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(signal.reason);
  const onClose = (): void => reject(networkError(reset(), subject));
  socket.on('error', (error) => reject(networkError(error, subject)));
  socket.once(event, resolve);
  socket.once('close', onClose);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.removeListener('close', onClose);
    signal.removeEventListener('abort', onAbort);
  }
}

function reset(): Error {
  return Object.assign(new Error('closed'), { code: 'ECONNRESET' });
}
