import type { Rank } from '../model/edit-rank.ts';

/** One write that is planned. */
export interface PlannedEdit {
  readonly kind: 'EndpointSlice' | 'Endpoints';
  readonly op: 'create' | 'update' | 'delete' | 'label';
  readonly namespace: string;
  readonly name: string;
  /** The Service that it is for. */
  readonly service: string;
  /** null = the local cluster, or an object that holds several clusters' endpoints. */
  readonly cluster: string | null;
  readonly rank: Rank;
  /** 2 = only after everything of phase 1 of the same service was accepted. */
  readonly phase: 1 | 2;
  /** As text, each with its address: `10.1.2.3 ready`. Bounded; `more` counts the rest. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly more: number;
  /** What else changes: `labels, owner or fields of others`, …; '' = nothing. */
  readonly note: string;
}

/** The answer of `/plan`; `fedsyncd plan -o json` prints it as it is. */
export interface PlanDocument {
  readonly time: string;
  /** This daemon holds the Lease, or there is no election. */
  readonly mayWrite: boolean;
  readonly holder: string | null;
  readonly dryRun: boolean;
  /** The cluster that is taken for removed; null = none. */
  readonly without: string | null;
  readonly services: number;
  /** Clusters whose part is left as it is, and why. */
  readonly held: readonly { readonly cluster: string; readonly why: string }[];
  /** What else makes this plan less than the whole truth: something is not listed, or a service is not written. Bounded. */
  readonly notes: readonly string[];
  readonly edits: readonly PlannedEdit[];
  readonly totals: {
    readonly create: number;
    readonly update: number;
    readonly delete: number;
    readonly label: number;
  };
  /** There are more edits than are shown. */
  readonly truncated: boolean;
  /** Services that would be left without any ready endpoint and have one now. */
  readonly emptied: readonly string[];
}

/** Another service that could give endpoints to a federated one. */
export interface ExplainedCandidate {
  /** null = the local cluster. */
  readonly cluster: string | null;
  readonly service: string;
  readonly matched: boolean;
  /** Why it gives nothing, or not everything; '' = it gives all that it has. */
  readonly why: string;
  /** `http 8080/TCP` */
  readonly ports: readonly string[];
  /** Ports of the federated service that it does not have, `name/protocol`. */
  readonly missingPorts: readonly string[];
  readonly taken: number;
  readonly ready: number;
  readonly leftOut: readonly {
    readonly reason: string;
    readonly count: number;
    readonly examples: readonly string[];
  }[];
}

/** The answer of `/explain?service=`. */
export interface ServiceExplainDocument {
  readonly namespace: string;
  readonly name: string;
  /** `Federated`, `BadSelector`, … */
  readonly state: string;
  readonly message: string;
  readonly selector: string | null;
  readonly candidates: readonly ExplainedCandidate[];
  readonly warnings: readonly string[];
  /** Clusters of this explanation whose data may be old. */
  readonly notInSync: readonly {
    readonly cluster: string;
    readonly status: string;
    readonly reason: string;
  }[];
  readonly held: readonly { readonly cluster: string; readonly why: string }[];
  /** What the API server holds of ours now. */
  readonly objects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly cluster: string | null;
    readonly family: string;
    readonly ports: readonly string[];
    readonly endpoints: number;
    readonly ready: number;
  }[];
  readonly pending: readonly PlannedEdit[];
  readonly writer: {
    readonly mayWrite: boolean;
    readonly holder: string | null;
    readonly dryRun: boolean;
    /** `idle`, `queued`, `busy`, `waiting` */
    readonly state: string;
    readonly problem: string | null;
    readonly lastWrite: { readonly time: string; readonly what: string } | null;
  };
}
