import type { FleetStatus } from '../contract/cluster-status.ts';
import { framedTable } from './text-table.ts';

export interface HealthAnswer {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Ready by promise 13 of docs/architecture.md: every source was listed once and every cluster tried once, or the time for that is
 * over. The health of a remote never counts.
 */
export function readiness(fleet: FleetStatus): HealthAnswer {
  const { ready, waitingFor } = fleet.ready();
  const rows = fleet
    .sources()
    .map(({ name, reason, message }) => [
      `source ${name}`,
      reason === null ? 'reporting ready' : reason,
      message,
    ]);
  const clusters = fleet.clusters();
  const inSync = clusters.filter(({ status }) => status === 'InSync').length;
  rows.push(['clusters', 'informational', `${inSync} of ${clusters.length} in sync`]);
  const waiting = waitingFor.length === 0 ? '' : `waiting for ${waitingFor.join(', ')}`;
  rows.push(['daemon', ready ? 'reporting ready' : 'reporting non-ready', waiting]);
  return { ok: ready, text: framedTable(['COMPONENT', 'READINESS', 'DETAIL'], rows) };
}

/** An answer at all is the proof: a stuck event loop gives none. */
export function liveness(eventLoopLagSeconds: number): HealthAnswer {
  const lag = `longest delay ${(eventLoopLagSeconds * 1000).toFixed(0)} ms`;
  return {
    ok: true,
    text: framedTable(['COMPONENT', 'LIVENESS', 'DETAIL'], [['event loop', 'reporting live', lag]]),
  };
}
