import type { ExplainedCandidate, ServiceExplainDocument } from '../contract/controller-documents.ts';
import { showCluster } from '../model/federation.ts';
import type { FederationController } from './federation-controller.ts';
import type { OwnedEndpoints } from './endpoints/owned-endpoints.ts';
import type { OwnedSlice } from './owned/owned-slice.ts';
import { plannedEdits } from './planned-edits.ts';
import type { CandidateExplanation, ServiceExplanation } from './selection/explanation.ts';
import type { ServiceState } from './writer/writer-options.ts';

type WrittenObject = ServiceExplainDocument['objects'][number];

/** What `fedsyncd explain NAMESPACE/SERVICE` shows; undefined = the Service is not there, and nothing of it is left. */
export function serviceDocument(
  controller: FederationController,
  namespace: string,
  name: string,
): ServiceExplainDocument | undefined {
  const { services, plans, slices, endpoints, clusters, writer } = controller;
  const explanation = services.explain(namespace, name);
  const owned = slices.ofService(namespace, name);
  const actual = endpoints.get(namespace, name);
  if (explanation.state === 'gone' && owned.length === 0) return undefined;
  const plan = plans.planOf(namespace, name);
  const state = writer.state(`${namespace}/${name}`);
  const involved = [
    ...explanation.candidates.map(({ cluster }) => cluster),
    ...explanation.clusters.map(({ cluster }) => cluster),
    ...owned.map((s) => s.cluster),
  ];
  return {
    namespace,
    name,
    state: explanation.state,
    message: explanation.message,
    selector: explanation.selector,
    candidates: explanation.candidates.map((candidate) => candidateOf(candidate, explanation)),
    warnings: warningsOf(explanation, plan.notes),
    notInSync: clusters.notInSync(new Set(involved)),
    held: clusters.held(new Set(involved)),
    objects: [...owned.map(sliceOf), ...(actual?.selector === undefined ? [] : [endpointsOf(actual)])],
    pending: plannedEdits(plan),
    writer: {
      mayWrite: controller.mayWrite,
      holder: controller.holder,
      dryRun: controller.options.dryRun,
      state: state.state,
      problem: problemOf(state),
      lastWrite: lastWriteOf(state),
    },
  };
}

function candidateOf(candidate: CandidateExplanation, of: ServiceExplanation): ExplainedCandidate {
  const { cluster, name, verdict, reason, ports, endpoints, ready, leftOut } = candidate;
  const backs = verdict === 'backs' || verdict === 'held';
  const taken = ports.filter((port) => port.taken);
  const missing = backs
    ? of.ports.filter(
        (wanted) => !taken.some((port) => port.name === wanted.name && port.protocol === wanted.protocol),
      )
    : [];
  return {
    cluster,
    service: name,
    matched: backs,
    why: verdict === 'backs' ? '' : reason,
    ports: taken.map(portText),
    missingPorts: missing.map(({ name: port, protocol }) => `${port}/${protocol}`),
    taken: endpoints,
    ready,
    leftOut: leftOut.map(({ reason: why, count, named }) => ({ reason: why, count, examples: named })),
  };
}

function warningsOf(
  { warnings, clusters, moreCandidates }: ServiceExplanation,
  notes: readonly string[],
): readonly string[] {
  const acted = clusters
    .filter(({ policyActs }) => policyActs)
    .map(({ cluster, staleness }) => `cluster ${showCluster(cluster)} is silent for too long: ${staleness}`);
  const more = moreCandidates > 0 ? [`${moreCandidates} more services of this namespace are not shown`] : [];
  return [...warnings.map(({ message }) => message), ...acted, ...more, ...notes];
}

function sliceOf({ name, cluster, family, ports, endpoints }: OwnedSlice): WrittenObject {
  return {
    kind: 'EndpointSlice',
    name,
    cluster,
    family,
    ports: ports.map(({ name: port, protocol, port: number }) =>
      portText({ name: port, protocol, port: number ?? null }),
    ),
    endpoints: endpoints.length,
    ready: endpoints.filter(({ ready }) => ready !== false).length,
  };
}

function endpointsOf({ name, subsets }: OwnedEndpoints): WrittenObject {
  const count = (of: (subset: OwnedEndpoints['subsets'][number]) => number): number =>
    subsets.reduce((sum, subset) => sum + of(subset), 0);
  const ready = count(({ addresses }) => addresses.length);
  return {
    kind: 'Endpoints',
    name,
    cluster: null,
    family: '',
    ports: [...new Set(subsets.flatMap(({ ports }) => ports.map(portText)))],
    endpoints: ready + count(({ notReadyAddresses }) => notReadyAddresses.length),
    ready,
  };
}

function portText(port: {
  readonly name: string;
  readonly protocol: string;
  readonly port: number | null;
}): string {
  return `${port.name === '' ? '' : `${port.name} `}${port.port ?? 'all'}/${port.protocol}`;
}

function problemOf({ problem, message }: ServiceState): string | null {
  return problem === undefined ? null : `${problem}: ${message ?? ''}`;
}

function lastWriteOf({ lastWrite }: ServiceState): ServiceExplainDocument['writer']['lastWrite'] {
  if (lastWrite === undefined) return null;
  const { op, kind, name } = lastWrite.work;
  const cause = lastWrite.cause === undefined ? '' : `, because of ${lastWrite.cause}`;
  return { time: new Date(lastWrite.at).toISOString(), what: `${op} ${kind} ${name}${cause}` };
}
