import type { IndexCore } from './index-core.ts';

/** An object that is no WorkloadEndpoint, with its texts and map entries: measured on Services and Profiles. */
const OBJECT_BYTES = 900;

export interface IndexStats {
  readonly workloadEndpoints: number;
  readonly objects: number;
  /** Puts that the budgets refused so far, of the clusters there are. */
  readonly refused: number;
  readonly templates: number;
  readonly labelSets: number;
  readonly strings: number;
  /** Of the change history: records held, and how many fit. */
  readonly history: { readonly size: number; readonly capacity: number };
  /** An estimate of all memory that the index holds. */
  readonly bytes: number;
}

export function statsOf(core: IndexCore): IndexStats {
  const { endpoints, commits, snapshots } = core;
  const { strings, labels, profiles, ports } = endpoints.templates.parts;
  let objects = 0;
  let refused = 0;
  for (const { objects: table, budget } of core.clusters.values()) {
    objects += table.size;
    refused += budget.refused;
  }
  const shared = strings.bytes + labels.bytes + profiles.bytes + ports.bytes;
  return {
    workloadEndpoints: endpoints.rows.size,
    objects,
    refused,
    templates: endpoints.templates.size,
    labelSets: labels.size,
    strings: strings.size,
    history: { size: commits.ring.size, capacity: commits.ring.capacity },
    bytes: endpoints.bytes + shared + commits.ring.bytes + snapshots.bytes + objects * OBJECT_BYTES,
  };
}
