import type { CidrSet } from '../../model/cidr-set.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { DesiredPart, DesiredService } from '../plan/desired-service.ts';
import { expansionRules } from './cluster-expansion.ts';
import type { ClusterExpansion, ExpansionRules } from './cluster-expansion.ts';
import type { Backing, FederatedService } from './federated-service.ts';
import type { FederationState } from './federation-spec.ts';
import { applyStaleness, leavesReadyEndpoint } from './stale-policy.ts';
import type { ClusterShare, Staleness } from './stale-policy.ts';
import { warningsOf } from './selection-warning.ts';
import type { SelectionWarning } from './selection-warning.ts';

/** How a service stands, for people. */
export interface ServiceState {
  readonly state: FederationState;
  readonly message: string;
}

/**
 * What the slices of a service shall hold, and what is to be said of it. Parts of large services that did not change
 * are the same objects as in the answer before.
 */
export interface SelectedService extends DesiredService, ServiceState {
  readonly warnings: readonly SelectionWarning[];
}

/** What a selection asks of its surroundings. */
export interface SelectionContext {
  readonly isHeld: (cluster: SourceCluster) => boolean;
  readonly staleness: (cluster: string) => Staleness;
  readonly expand: (
    federated: FederatedService,
    cluster: SourceCluster,
    backings: readonly Backing[],
    rules: ExpansionRules,
  ) => ClusterExpansion;
  /** Ranges whose addresses are refused. */
  readonly refused: () => CidrSet;
}

/** What the clusters that are not held give to a federated service now. */
export interface GatheredService {
  readonly shares: readonly ClusterShare[];
  readonly held: ReadonlySet<SourceCluster>;
  /** The stale policy acts on this service. */
  readonly isPolicyActing: boolean;
}

export function gather(federated: FederatedService, context: SelectionContext): GatheredService {
  const shares: ClusterShare[] = [];
  const held = new Set<SourceCluster>();
  const rules = expansionRules(federated.spec, context.refused());
  for (const [cluster, backings] of federated.byCluster()) {
    if (context.isHeld(cluster)) {
      held.add(cluster);
      continue;
    }
    const staleness = cluster === null ? 'fresh' : context.staleness(cluster);
    shares.push({ cluster, staleness, expansion: context.expand(federated, cluster, backings, rules) });
  }
  return { shares, held, isPolicyActing: leavesReadyEndpoint(shares) };
}

export function selectService(federated: FederatedService, context: SelectionContext): SelectedService {
  const { namespace, name, spec } = federated;
  const gathered = gather(federated, context);
  const { shares, held } = gathered;
  const parts = shares.flatMap((share) => partsOf(share, gathered, spec.publishNotReadyAddresses));
  const warnings = warningsOf(federated, shares);
  const made = new Set(shares.map(({ cluster }) => cluster));
  // As it was when the parts were made: a cluster that became complete since must not lose what is not among them.
  const isHeld = (cluster: SourceCluster): boolean =>
    held.has(cluster) || (!made.has(cluster) && context.isHeld(cluster));
  return { namespace, name, uid: spec.uid, parts, isHeld, ...stateOf(federated), warnings };
}

export function partsOf(
  share: ClusterShare,
  gathered: GatheredService,
  keepsReady: boolean,
): readonly DesiredPart[] {
  return gathered.isPolicyActing ? applyStaleness(share, keepsReady) : share.expansion.parts;
}

/** A service that is not federated: everything is withdrawn, of every cluster, once the local data is complete. */
export function withdrawnService(
  of: { readonly namespace: string; readonly name: string; readonly uid: string },
  state: ServiceState & { readonly warnings?: readonly SelectionWarning[] },
  isLocalHeld: () => boolean,
): SelectedService {
  const { namespace, name, uid } = of;
  const { state: text, message, warnings = [] } = state;
  return { namespace, name, uid, parts: [], isHeld: isLocalHeld, state: text, message, warnings };
}

export function stateOf(federated: FederatedService): ServiceState {
  const { problem } = federated.spec.selects;
  if (problem !== undefined) return problem;
  return federated.hasMatches()
    ? { state: 'federated', message: 'federated' }
    : {
        state: 'no-matches',
        message: 'federated, but no service of its namespace in any cluster matches its selector',
      };
}
