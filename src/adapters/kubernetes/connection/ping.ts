import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { KubeHost } from '../host.ts';

export interface PingOptions {
  readonly session: ClientHttp2Session;
  readonly wire: Socket;
  readonly host: KubeHost;
  /** An answer came. */
  readonly onContact: () => void;
  /** No answer and not one other byte in time. */
  readonly lost: () => void;
}

/** Before the verdict: lets a process that was busy itself read what has arrived long since. */
const GRACE_MS = 500;

/**
 * PING now and then, the only way to tell a quiet server from a dead one (half-open TCP lasts for hours). On a slow
 * link the answer queues behind data, so any byte counts as life.
 * @returns the way to stop
 */
export function startPings({ session, wire, host, onContact, lost }: PingOptions): () => void {
  const { clock, tuning } = host;
  let stopped = false;
  let cancel = clock.after(tuning.pingIntervalMs, ping);

  function ping(): void {
    if (stopped || session.destroyed) return;
    let answered = false;
    let seen = wire.bytesRead;
    session.ping((error) => {
      if (error !== null || stopped) return;
      answered = true;
      onContact();
      cancel();
      cancel = clock.after(tuning.pingIntervalMs, ping);
    });
    cancel = clock.after(tuning.pingTimeoutMs, judge);

    function judge(): void {
      cancel = clock.after(Math.min(GRACE_MS, tuning.pingTimeoutMs), () => {
        if (answered || stopped) return;
        if (wire.bytesRead === seen) return lost();
        seen = wire.bytesRead;
        cancel = clock.after(tuning.pingTimeoutMs, judge);
      });
    }
  }

  return () => {
    stopped = true;
    cancel();
  };
}
