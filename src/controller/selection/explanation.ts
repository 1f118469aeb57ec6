import type { SourceCluster } from '../../model/federation.ts';
import type { FederationState } from './federation-spec.ts';
import type { SelectionWarning } from './selection-warning.ts';
import type { Staleness } from './stale-policy.ts';

/** Why a service is what it is. Plain data for `explain`; lists are bounded. */
export interface ServiceExplanation {
  readonly namespace: string;
  readonly name: string;
  /** '' = the service is gone. */
  readonly uid: string;
  readonly state: FederationState;
  readonly message: string;
  readonly warnings: readonly SelectionWarning[];
  /** The annotation as it is; null = none. */
  readonly selector: string | null;
  /** What backing ports must be equal to. */
  readonly ports: readonly { readonly name: string; readonly protocol: string }[];
  readonly headless: boolean;
  readonly publishNotReadyAddresses: boolean;
  /** Clusters with a service that backs this one, and those that did while this process ran. */
  readonly clusters: readonly ClusterExplanation[];
  /** The services of the namespace in all clusters: first those that the selector matches. */
  readonly candidates: readonly CandidateExplanation[];
  /** Candidates that are not listed. */
  readonly moreCandidates: number;
}

export interface ClusterExplanation {
  /** null = the local cluster. */
  readonly cluster: SourceCluster;
  /** Its data is not complete yet: what was written of it stays as it is. */
  readonly held: boolean;
  readonly staleness: Staleness;
  /** The stale policy acts on what this cluster gives to this service. */
  readonly policyActs: boolean;
  /** In the slices, after the policy. */
  readonly endpoints: number;
  readonly ready: number;
}

export type CandidateVerdict = 'backs' | 'held' | 'external-name' | 'annotated' | 'no-match';

export interface CandidateExplanation {
  readonly cluster: SourceCluster;
  readonly name: string;
  readonly verdict: CandidateVerdict;
  /** The verdict as a sentence. */
  readonly reason: string;
  /** Of its slices; empty where it does not back. `port` null = all. */
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly port: number | null;
    readonly taken: boolean;
  }[];
  /** Endpoints that it gives, before what other services of its cluster give too is taken together. */
  readonly endpoints: number;
  readonly ready: number;
  /** Some of their addresses. */
  readonly addresses: readonly string[];
  readonly leftOut: readonly LeftOutExplanation[];
}

export interface LeftOutExplanation {
  readonly reason: string;
  readonly count: number;
  /** Some of them: addresses or names of slices. */
  readonly named: readonly string[];
}
