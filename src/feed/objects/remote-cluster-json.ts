import type { ClusterStatus, DatastoreStatus } from '../../contract/cluster-status.ts';
import type { JsonObject } from '../../model/json-field.ts';
import type { RemoteClusterState } from '../feed-object.ts';
import { present } from './present.ts';
import { shownTime } from './shown-time.ts';

/** Sentences can hold what a remote server answered: they are cut to this many characters. */
const MAX_MESSAGE = 1024;

/**
 * spec and status of a RemoteCluster: what is said to everybody who may read the feed. No address, path or credential of
 * the RemoteClusterConfiguration is a field of it; messages are made for people and never hold a credential.
 */
export function remoteClusterJson({ status }: RemoteClusterState): JsonObject {
  return {
    spec: {
      datastoreType: present(status.datastoreType ?? ''),
      overlayRoutingMode: status.overlayRoutingMode,
    },
    status: {
      state: status.status,
      reason: status.reason,
      message: present(shownMessage(status.message)),
      since: time(status.since),
      lastContact: time(status.lastContact ?? 0),
      stale: status.stale,
      counts: countsJson(status),
      datastores: status.datastores.map(datastoreJson),
      conditions: [conditionJson(status)],
    },
  };
}

export function shownMessage(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

/** null = unknown, never. */
function time(ms: number): string | null {
  return shownTime(ms) ?? null;
}

/** null = the cluster does not provide them. */
function countsJson({ counts }: ClusterStatus): JsonObject {
  return {
    workloadEndpoints: counts.workloadEndpoints,
    hostEndpoints: counts.hostEndpoints,
    profiles: counts.profiles,
    services: counts.services,
    endpointSlices: counts.endpointSlices,
    ipPools: counts.ipPools,
    skipped: counts.skipped,
  };
}

function datastoreJson({ type, status, reason, message }: DatastoreStatus): JsonObject {
  return { type, state: status, reason, message: present(shownMessage(message)) };
}

/** For `kubectl wait --for=condition=InSync`. */
function conditionJson({ status, reason, message, since }: ClusterStatus): JsonObject {
  return {
    type: 'InSync',
    status: status === 'InSync' ? 'True' : 'False',
    reason,
    message: shownMessage(message),
    lastTransitionTime: time(since),
  };
}
