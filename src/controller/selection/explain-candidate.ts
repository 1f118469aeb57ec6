import type { EndpointSlice } from '../../model/endpoint-slice.ts';
import { MANAGED_BY } from '../../model/federation.ts';
import type { SourceCluster } from '../../model/federation.ts';
import type { Service } from '../../model/service.ts';
import { isBackingSlice } from './backing-slice.ts';
import { expandCluster } from './cluster-expansion.ts';
import type { ExpansionRules } from './cluster-expansion.ts';
import type { CandidateExplanation, CandidateVerdict, LeftOutExplanation } from './explanation.ts';
import { LEFT_OUT_REASONS } from './left-out.ts';
import type { LeftOut, LeftOutReason } from './left-out.ts';
import { portKey } from './slice-ports.ts';

const MAX_PORTS = 50;
const MAX_ADDRESSES = 10;

const REASONS: Readonly<Record<CandidateVerdict, string>> = {
  backs: 'the selector matches',
  held: 'the selector matches, but the data of its cluster is not complete yet: what was written of it stays',
  'external-name': 'the selector matches, but a service of type ExternalName has no endpoints',
  annotated: 'it has the federation annotation itself, and such a service never backs another',
  'no-match': 'the selector does not match its labels',
};

const LEFT_OUT: Readonly<Record<LeftOutReason, string>> = {
  fqdn: 'slices of addressType FQDN',
  unmatched: 'endpoints of slices without a port of the same name and protocol, with a number',
  refused: "addresses inside this cluster's own service range",
  duplicate: 'endpoints whose address and ports are given more than once',
  excess: 'endpoints of addresses that too many slices give with other ports each',
  own: `slices managed by ${MANAGED_BY}`,
};

export interface Candidate {
  readonly cluster: SourceCluster;
  readonly service: Service;
  readonly verdict: CandidateVerdict;
}

/** `slices` are those that it backs with; none where it does not. */
export function explainCandidate(
  candidate: Candidate,
  slices: readonly EndpointSlice[],
  rules: ExpansionRules,
): CandidateExplanation {
  const { cluster, service, verdict } = candidate;
  const { parts, endpoints, ready, leftOut } = expandCluster(cluster, slices, rules);
  return {
    cluster,
    name: service.name,
    verdict,
    reason: REASONS[verdict],
    ports: explainPorts(slices, rules),
    endpoints,
    ready,
    addresses: parts
      .flatMap((part) => part.endpoints.slice(0, MAX_ADDRESSES).map(({ addresses }) => addresses[0] ?? ''))
      .slice(0, MAX_ADDRESSES),
    leftOut: explainLeftOut(leftOut),
  };
}

function explainPorts(
  slices: readonly EndpointSlice[],
  rules: ExpansionRules,
): CandidateExplanation['ports'] {
  const ports = new Map<string, CandidateExplanation['ports'][number]>();
  for (const slice of slices) {
    if (!isBackingSlice(slice) || slice.addressType === 'FQDN') continue;
    for (const port of slice.ports) {
      if (ports.size >= MAX_PORTS) break;
      const { name, protocol } = port;
      ports.set(portKey(port), {
        name,
        protocol,
        port: port.port ?? null,
        taken: !rules.takesAll && rules.matcher.takes(port),
      });
    }
  }
  return [...ports.values()];
}

function explainLeftOut(leftOut: LeftOut): LeftOutExplanation[] {
  return LEFT_OUT_REASONS.flatMap((each) => {
    const { count, named } = leftOut.of(each);
    return count === 0 ? [] : [{ reason: LEFT_OUT[each], count, named }];
  });
}
