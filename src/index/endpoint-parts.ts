import type { EndpointPort } from '../model/workload-endpoint.ts';
import { nameLists, portLists } from './endpoint-structures.ts';
import { InternTable } from './intern-table.ts';
import { LabelTable } from './label-table.ts';
import { StructTable } from './struct-table.ts';

/** The tables of everything that endpoints share, over all clusters. */
export interface EndpointParts {
  readonly strings: InternTable;
  readonly labels: LabelTable;
  readonly profiles: StructTable<readonly string[]>;
  readonly ports: StructTable<readonly EndpointPort[]>;
}

export function endpointParts(seed: number): EndpointParts {
  const strings = new InternTable();
  return {
    strings,
    labels: new LabelTable(strings),
    profiles: new StructTable([], nameLists(strings, seed)),
    ports: new StructTable([], portLists(strings, seed)),
  };
}
