import type { Clock } from '../runtime/clock.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

export interface OutageOptions {
  /** Until the first cluster fails. */
  readonly afterMs: number;
  /** How long it stays away. */
  readonly durationMs: number;
  /** Until the next one fails. */
  readonly pauseMs: number;
  readonly clock: Clock;
}

/** What the scenario did, for whoever shows it. */
export type OutageEvent =
  | { readonly event: 'stopped'; readonly cluster: string }
  | { readonly event: 'started'; readonly cluster: string };

/**
 * One cluster after the other fails and comes back, round and round, until the signal aborts; then resolves. A cluster
 * that is away at that time stays away.
 */
export async function runOutages(
  clusters: readonly SimulatedCluster[],
  options: OutageOptions,
  onEvent: (event: OutageEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = options;
  if (clusters.length === 0) return;
  try {
    await clock.sleep(options.afterMs, signal);
    for (let i = 0; ; i++) {
      const cluster = clusters[i % clusters.length] as SimulatedCluster;
      await cluster.stop();
      onEvent({ event: 'stopped', cluster: cluster.name });
      await clock.sleep(options.durationMs, signal);
      await startAgain(cluster, clock, signal);
      onEvent({ event: 'started', cluster: cluster.name });
      await clock.sleep(options.pauseMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const PORT_RETRY_MS = 250;

/** Meanwhile an outgoing connection of any program on this machine may have been given the port. */
async function startAgain(cluster: SimulatedCluster, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await cluster.start();
      return;
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
      await clock.sleep(PORT_RETRY_MS, signal);
    }
  }
}
