import type { SourceCluster } from '../../model/federation.ts';
import type { DesiredPart } from '../plan/desired-service.ts';
import type { ClusterExpansion } from './cluster-expansion.ts';

/** What happens to the endpoints of a remote cluster now: nothing, or what the policy says past its --stale-ttl. */
export type Staleness = 'fresh' | 'not-ready' | 'withdraw';

/** What one cluster gives, and how it stands. */
export interface ClusterShare {
  readonly cluster: SourceCluster;
  readonly expansion: ClusterExpansion;
  readonly staleness: Staleness;
}

/**
 * Whether the stale policy acts on a service: only while a cluster that is not stale leaves it a ready endpoint, so that
 * staleness alone never empties a service.
 */
export function leavesReadyEndpoint(shares: readonly ClusterShare[]): boolean {
  return shares.some(({ staleness, expansion }) => staleness === 'fresh' && expansion.ready > 0);
}

/**
 * The parts of a cluster once the policy has acted. `keepsReady` is publishNotReadyAddresses of the federated service:
 * its owner wants every indication of readiness disregarded, and so is this one.
 */
export function applyStaleness(share: ClusterShare, keepsReady: boolean): readonly DesiredPart[] {
  const { parts } = share.expansion;
  if (share.staleness === 'withdraw') return [];
  if (share.staleness === 'fresh' || keepsReady) return parts;
  const known = notReadyParts.get(share.expansion);
  if (known !== undefined) return known;
  const made = parts.map((part) => ({
    ...part,
    endpoints: part.endpoints.map((endpoint) => ({ ...endpoint, ready: false, serving: false })),
  }));
  notReadyParts.set(share.expansion, made);
  return made;
}

/** An outage lasts: what was made of an expansion that is kept is made once. */
const notReadyParts = new WeakMap<ClusterExpansion, readonly DesiredPart[]>();
