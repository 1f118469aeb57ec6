import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Service } from '../../model/service.ts';
import type { DesiredPart } from '../plan/desired-service.ts';
import { countEndpoints } from './cluster-expansion.ts';
import type { ExpansionRules } from './cluster-expansion.ts';
import { explainCandidate } from './explain-candidate.ts';
import type { Candidate } from './explain-candidate.ts';
import type { CandidateExplanation, ClusterExplanation, ServiceExplanation } from './explanation.ts';
import { compareClusters } from './federated-service.ts';
import type { FederatedService } from './federated-service.ts';
import { isAnnotated } from './federation-spec.ts';
import { warningsOf } from './selection-warning.ts';
import { ServiceLabels } from './service-labels.ts';
import { gather, partsOf, stateOf } from './service-selection.ts';
import type { GatheredService, SelectionContext, ServiceState } from './service-selection.ts';
import type { SourceClusters } from './source-clusters.ts';

/** Candidates that are listed, of those that match and of those that do not. */
const MAX_CANDIDATES = 500;

export interface ExplainParts {
  readonly sources: SourceClusters;
  readonly context: SelectionContext;
  readonly rules: ExpansionRules;
}

/** A service that is not there, or that has no annotation. */
export function explainUnfederated(
  key: { readonly namespace: string; readonly name: string },
  service: Service | undefined,
  state: ServiceState,
): ServiceExplanation {
  return {
    ...key,
    ...state,
    uid: service?.uid ?? '',
    warnings: [],
    selector: null,
    ports: (service?.ports ?? []).map(({ name, protocol }) => ({ name, protocol })),
    headless: service?.clusterIPs[0] === 'None',
    publishNotReadyAddresses: service?.publishNotReadyAddresses ?? false,
    clusters: [],
    candidates: [],
    moreCandidates: 0,
  };
}

export function explainService(federated: FederatedService, parts: ExplainParts): ServiceExplanation {
  const { namespace, name, spec } = federated;
  const gathered = gather(federated, parts.context);
  const { candidates, more } = explainCandidates(federated, parts);
  return {
    namespace,
    name,
    uid: spec.uid,
    ...stateOf(federated),
    warnings: warningsOf(federated, gathered.shares),
    selector: spec.text,
    ports: spec.ports.map((port) => ({ name: port.name, protocol: port.protocol })),
    headless: spec.isHeadless,
    publishNotReadyAddresses: spec.publishNotReadyAddresses,
    clusters: explainClusters(federated, gathered, parts.context),
    candidates,
    moreCandidates: more,
  };
}

function explainClusters(
  federated: FederatedService,
  gathered: GatheredService,
  context: SelectionContext,
): ClusterExplanation[] {
  const shares = new Map(gathered.shares.map((share) => [share.cluster, share]));
  return federated.touched().map((cluster): ClusterExplanation => {
    const share = shares.get(cluster);
    const made: readonly DesiredPart[] = share
      ? partsOf(share, gathered, federated.spec.publishNotReadyAddresses)
      : [];
    return {
      cluster,
      held: share === undefined && context.isHeld(cluster),
      staleness: cluster === null ? 'fresh' : context.staleness(cluster),
      policyActs: share !== undefined && made !== share.expansion.parts,
      ...countEndpoints(made),
    };
  });
}

function explainCandidates(
  federated: FederatedService,
  { sources, context, rules }: ExplainParts,
): { readonly candidates: CandidateExplanation[]; readonly more: number } {
  const { namespace, name, spec } = federated;
  const matching: Candidate[] = [];
  const others: Candidate[] = [];
  let count = 0;
  if (spec.selects.selector === undefined) return { candidates: [], more: 0 };
  for (const { cluster, service } of sources.servicesIn(namespace)) {
    if (cluster === null && service.name === name) continue;
    count++;
    const verdict = verdictOf(federated, { cluster, service }, context);
    const list = verdict === 'no-match' || verdict === 'annotated' ? others : matching;
    if (list.length < MAX_CANDIDATES) list.push({ cluster, service, verdict });
  }
  const listed = [...matching.sort(compareCandidates), ...others.sort(compareCandidates)];
  const candidates = listed.map((candidate) =>
    explainCandidate(candidate, slicesOf(candidate, sources), rules),
  );
  return { candidates, more: count - candidates.length };
}

/** Those of a service that gives nothing are not looked at. */
function slicesOf({ cluster, service, verdict }: Candidate, sources: SourceClusters): EndpointSlice[] {
  if (verdict !== 'backs' && verdict !== 'held') return [];
  return sources.slicesOf(cluster, service.namespace, service.name);
}

function verdictOf(
  federated: FederatedService,
  { cluster, service }: { readonly cluster: SourceCluster; readonly service: Service },
  context: SelectionContext,
): Candidate['verdict'] {
  if (isAnnotated(service)) return 'annotated';
  const labels = new ServiceLabels(cluster, service);
  if (!federated.spec.selects.selector?.evaluate(labels)) return 'no-match';
  if (service.type === 'ExternalName') return 'external-name';
  return context.isHeld(cluster) ? 'held' : 'backs';
}

function compareCandidates(a: Candidate, b: Candidate): number {
  return compareClusters(a.cluster, b.cluster) || (a.service.name < b.service.name ? -1 : 1);
}
