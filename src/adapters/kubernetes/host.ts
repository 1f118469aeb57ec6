import { type Clock, systemClock } from '../../runtime/clock.ts';
import { type Random, systemRandom } from '../../runtime/random.ts';

/** Timings and sizes of connections that need no option of their own. Milliseconds, bytes. */
export interface ConnectionTuning {
  /** HTTP/2: a PING is sent this often. */
  readonly pingIntervalMs: number;
  /** HTTP/2: without the answer, or any other byte, for so long the connection counts as dead. */
  readonly pingTimeoutMs: number;
  /**
   * HTTP/2 receive windows. The protocol's default of 64 KiB caps a stream at 64 KiB per round trip: 1.6 MB/s at
   * 40 ms. What a slow reader leaves unread is bounded by these as well.
   */
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** A token file is read again after this time. */
  readonly tokenFileMs: number;
  /** An exec credential plugin is killed after this time. */
  readonly execTimeoutMs: number;
}

/** What a connection needs from the process it runs in. */
export interface KubeHost {
  readonly clock: Clock;
  readonly random: Random;
  /** The environment that exec plugins inherit, and where in-cluster access finds its server. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tuning: ConnectionTuning;
}

export const standardTuning: ConnectionTuning = {
  pingIntervalMs: 20_000,
  pingTimeoutMs: 10_000,
  streamWindowBytes: 4 * 1024 * 1024,
  connectionWindowBytes: 16 * 1024 * 1024,
  tokenFileMs: 60_000,
  execTimeoutMs: 30_000,
};

/** The real clock and chance; the environment is the caller's to pass, since only the entry file may read it. */
export const standardHost: KubeHost = {
  clock: systemClock,
  random: systemRandom,
  environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  tuning: standardTuning,
};
