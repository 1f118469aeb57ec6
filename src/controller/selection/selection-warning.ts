import { showCluster } from '../../model/federation.ts';
import { printable } from '../../model/printable.ts';
import type { FederatedService } from './federated-service.ts';
import type { FederationState } from './federation-spec.ts';
import type { LeftOutReason, Tally } from './left-out.ts';
import type { ClusterShare } from './stale-policy.ts';

/** Stable: the reason of an Event. */
export type WarningCode =
  | 'SelectorInvalid'
  | 'SelectorEmpty'
  | 'SpecSelectorSet'
  | 'ExternalNameFederated'
  | 'ExternalNameSkipped'
  | 'FqdnSlicesSkipped'
  | 'AddressesRefused';

/** Something that the owner of a federated service must know. */
export interface SelectionWarning {
  readonly code: WarningCode;
  /** A sentence of bounded length; equal as long as nothing changes. */
  readonly message: string;
}

/** Things that one message names. */
const NAMED = 5;
const MAX_NAME = 253;

const CODE_OF: Readonly<Partial<Record<FederationState, WarningCode>>> = {
  'bad-selector': 'SelectorInvalid',
  'empty-selector': 'SelectorEmpty',
  'has-selector': 'SpecSelectorSet',
  'external-name': 'ExternalNameFederated',
};

export function warningsOf(
  federated: FederatedService,
  shares: readonly ClusterShare[],
): readonly SelectionWarning[] {
  const { problem } = federated.spec.selects;
  const code = problem && CODE_OF[problem.state];
  if (code !== undefined) return [{ code, message: problem?.message ?? '' }];
  const external = federated
    .externals()
    .map(({ cluster, name }) => `${name.slice(0, MAX_NAME)} of ${showCluster(cluster)}`);
  return [
    ...warning('ExternalNameSkipped', 'services of type ExternalName give no endpoints', {
      count: external.length,
      named: external,
    }),
    ...warning('FqdnSlicesSkipped', 'slices of addressType FQDN give no endpoints', gather(shares, 'fqdn')),
    ...warning(
      'AddressesRefused',
      "addresses inside this cluster's own service range",
      gather(shares, 'refused'),
    ),
  ];
}

function gather(shares: readonly ClusterShare[], reason: LeftOutReason): Tally {
  let count = 0;
  const named: string[] = [];
  for (const { cluster, expansion } of shares) {
    const tally = expansion.leftOut.of(reason);
    count += tally.count;
    for (const name of tally.named)
      if (named.length < NAMED) named.push(`${name} of ${showCluster(cluster)}`);
  }
  return { count, named };
}

function warning(code: WarningCode, what: string, { count, named }: Tally): SelectionWarning[] {
  if (count === 0) return [];
  const shown = named.slice(0, NAMED);
  const more = count - shown.length;
  const list = shown.map(printable).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return [{ code, message: `left out: ${what}: ${list}` }];
}
