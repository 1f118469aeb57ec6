import type { SourceCluster } from '../model/federation.ts';
import type { OwnedSlice } from './owned/owned-slice.ts';
import type { DesiredPart, DesiredService } from './plan/desired-service.ts';
import type { Staleness } from './selection/stale-policy.ts';

export interface SilenceRules {
  readonly staleness: (cluster: string) => Staleness;
  /** publishNotReadyAddresses of the federated service: then nothing is made not ready. */
  readonly keepsReady: boolean;
}

/**
 * The stale policy for clusters of which this process knows nothing yet: after a restart their slices are still there, and
 * their age counts from the start. As for others it acts only while a cluster that is not stale leaves the service a ready
 * endpoint.
 */
export function withSilentClusters<D extends DesiredService>(
  desired: D,
  owned: readonly OwnedSlice[],
  { staleness, keepsReady }: SilenceRules,
): D {
  const silent = new Map<string, Staleness>();
  for (const { cluster } of owned) {
    if (cluster === null || silent.has(cluster) || !desired.isHeld(cluster)) continue;
    const state = staleness(cluster);
    if (state === 'withdraw' || (state === 'not-ready' && !keepsReady)) silent.set(cluster, state);
  }
  if (silent.size === 0 || !hasFreshReady(desired, staleness)) return desired;
  const kept = owned.filter(({ cluster }) => cluster !== null && silent.get(cluster) === 'not-ready');
  return {
    ...desired,
    parts: [...desired.parts, ...notReadyParts(kept)],
    isHeld: (cluster: SourceCluster) => !(cluster !== null && silent.has(cluster)) && desired.isHeld(cluster),
  };
}

function hasFreshReady(desired: DesiredService, staleness: (cluster: string) => Staleness): boolean {
  return desired.parts.some(
    ({ cluster, endpoints }) =>
      (cluster === null || staleness(cluster) === 'fresh') && endpoints.some(({ ready }) => ready !== false),
  );
}

function notReadyParts(slices: readonly OwnedSlice[]): readonly DesiredPart[] {
  const parts = new Map<string, DesiredPart>();
  for (const { cluster, family, ports, endpoints } of slices) {
    if (family === 'FQDN') continue;
    const key = JSON.stringify([cluster, family, ports]);
    const known = new Map(parts.get(key)?.endpoints.map((endpoint) => [endpoint.addresses[0], endpoint]));
    for (const endpoint of endpoints) {
      // Somebody else may have put several into one: a part has one address in each.
      for (const address of endpoint.addresses) {
        if (known.has(address)) continue;
        known.set(address, { ...endpoint, addresses: [address], ready: false, serving: false });
      }
    }
    parts.set(key, { cluster, family, ports, endpoints: [...known.values()].sort(byAddress) });
  }
  return [...parts.values()].filter(({ endpoints }) => endpoints.length > 0);
}

function byAddress(a: DesiredPart['endpoints'][number], b: DesiredPart['endpoints'][number]): number {
  const [first = ''] = a.addresses;
  const [second = ''] = b.addresses;
  return first < second ? -1 : first > second ? 1 : 0;
}
