import type { ClusterStatus, FleetStatus } from '../contract/cluster-status.ts';
import type { ClusterDocument, StatusDocument } from '../contract/ops-documents.ts';

export interface StatusFacts {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly revision: number;
}

/** The JSON of `/status`. Fields are picked one by one: nothing that the engine adds later slips out unseen. */
export function statusDocument(fleet: FleetStatus, { version, now, revision }: StatusFacts): StatusDocument {
  const { ready, waitingFor } = fleet.ready();
  return {
    version,
    time: rfc3339(now),
    revision,
    ready,
    waitingFor,
    sources: fleet
      .sources()
      .map(({ name, reason, message, rejected }) => ({ name, reason, message, rejected })),
    conflicts: fleet.conflicts().map(({ name, used, ignored }) => ({ name, used, ignored })),
    overlaps: fleet.overlaps(),
    clusters: fleet
      .clusters()
      .map((cluster) => clusterDocument(cluster, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function clusterDocument(cluster: ClusterStatus, now: number): ClusterDocument {
  const { lastContact, nextRetry } = cluster;
  return {
    name: cluster.name,
    datastoreType: cluster.datastoreType,
    status: cluster.status,
    reason: cluster.reason,
    message: cluster.message,
    since: rfc3339(cluster.since),
    lastContact: lastContact === null ? null : rfc3339(lastContact),
    dataAge: lastContact === null ? null : Math.max(0, now - lastContact) / 1000,
    stale: cluster.stale,
    nextRetry: nextRetry === null ? null : rfc3339(nextRetry),
    counts: cluster.counts,
    datastores: cluster.datastores,
    overlayRoutingMode: cluster.overlayRoutingMode,
    origin: cluster.origin,
    notes: cluster.notes,
    skipped: cluster.skipped,
  };
}

export function rfc3339(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
