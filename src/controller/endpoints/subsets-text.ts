import { createHash } from 'node:crypto';
import type { EndpointsSubset } from './owned-endpoints.ts';
import { groupPlacements, placementsOf, subsetOf } from './subset-layout.ts';

/**
 * Equal for objects that say the same, however their subsets are laid out. Kept in annotations as a fingerprint: a change
 * of this form makes every service that was taken over look rewritten.
 */
export function subsetsText(subsets: readonly EndpointsSubset[]): string {
  const plain = { kept: false, clusters: [] };
  return canonicalText(groupPlacements(placementsOf(subsets, () => plain)).map(subsetOf));
}

/** The same for subsets in canonical layout, for less. */
export function canonicalText(subsets: readonly EndpointsSubset[]): string {
  return JSON.stringify(subsets.map(subsetEntry));
}

/** 16 hex digits over what another controller would change: selector annotation and subsets. */
export function endpointsFingerprint(of: {
  readonly selector: string | undefined;
  readonly subsets: readonly EndpointsSubset[];
}): string {
  const text = JSON.stringify([of.selector ?? null, subsetsText(of.subsets)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function subsetEntry({ addresses, notReadyAddresses, ports }: EndpointsSubset): unknown {
  const entries = [addresses, notReadyAddresses].map((list) =>
    list.map(({ ip, hostname, nodeName, targetRef }) => {
      const { kind = '', namespace = '', name = '', uid = '' } = targetRef ?? {};
      return [ip, hostname, nodeName, kind, namespace, name, uid];
    }),
  );
  return [
    ...entries,
    ports.map(({ name, protocol, port, appProtocol }) => [name, protocol, port, appProtocol]),
  ];
}
