import type { Rank } from '../model/edit-rank.ts';
import type { PlanDocument, ServiceExplainDocument } from './controller-documents.ts';

/** A histogram as Prometheus counts: each bucket holds what is at most its bound. */
export interface HistogramCounts {
  /** Upper bounds, growing; the last bucket without bound is `count`. */
  readonly bounds: readonly number[];
  /** As many as `bounds`, cumulative. */
  readonly buckets: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** What one scrape shows of the federated services controller. */
export interface ControllerStats {
  readonly mayWrite: boolean;
  readonly dryRun: boolean;
  /** Identity in the Lease; null = nobody known, or there is no election. */
  readonly holder: string | null;
  /** How many local services with the annotation are in each state. */
  readonly servicesByState: Readonly<Record<string, number>>;
  /** Endpoints in what is written now, by cluster (`(local)` for the local one). */
  readonly endpointsByCluster: ReadonlyMap<string, number>;
  /** Objects that are written now: slices, or Endpoints objects. */
  readonly objects: number;
  /** Services that wait for their turn, by the most urgent thing that they wait for. */
  readonly queued: Readonly<Record<Rank, number>>;
  /** Seconds that the oldest of them waits; 0 = none. */
  readonly oldestQueuedSeconds: number;
  /** Services whose last writes failed and wait for another try. */
  readonly backingOff: number;
  readonly writesInFlight: number;
  readonly writeLimit: number;
  readonly edits: readonly {
    readonly kind: string;
    readonly op: string;
    readonly result: string;
    readonly count: number;
  }[];
  /** Seconds from when a change was seen to when the write that it caused was accepted. */
  readonly latency: HistogramCounts;
  readonly kubernetesEvents: { readonly sent: number; readonly suppressed: number; readonly failed: number };
}

/** What an operator can ask of the controller. Reads only; cheap enough for each request but `plan`, which plans all services. */
export interface ControllerView {
  stats(): ControllerStats;
  /** undefined = there is no such Service in the local cluster. */
  explain(namespace: string, name: string): ServiceExplainDocument | undefined;
  /** What would be written now; `without` = if that cluster's RCC were removed. Yields the event loop. */
  plan(options: { readonly without?: string | undefined }): Promise<PlanDocument>;
}
