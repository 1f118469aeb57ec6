import type { Resource } from '../model/kind.ts';
import type { Budget } from './budget.ts';
import { RowHolder } from './endpoint-rows.ts';
import { ExclusionTable } from './exclusion-table.ts';
import { InheritedLabels } from './inherited-labels.ts';
import { ObjectTable } from './object-table.ts';
import { SkipTable } from './skip-table.ts';

/** Bounds of one cluster. */
export interface ClusterLimits {
  readonly skipped: number;
  readonly excluded: number;
}

/** Everything that is held of one cluster; its WorkloadEndpoints are rows that `holder` names. */
export class ClusterData {
  readonly name: string;
  readonly holder: RowHolder;
  readonly objects = new ObjectTable();
  readonly inherited: InheritedLabels;
  readonly skips: SkipTable;
  readonly exclusions: ExclusionTable;
  readonly budget: Budget;
  /** The resources that a session reads. */
  readonly provides = new Set<Resource>();
  /** The resources that were listed completely once. */
  readonly listed = new Set<Resource>();
  /** A session said which resources it reads, having settled on them. */
  settled = false;

  constructor(name: string, id: number, limits: ClusterLimits, budget: Budget) {
    this.name = name;
    this.holder = new RowHolder(id);
    this.inherited = new InheritedLabels(this.objects);
    this.skips = new SkipTable(limits.skipped);
    this.exclusions = new ExclusionTable(limits.excluded);
    this.budget = budget;
  }

  /** Everything there is of this resource is here, or it is known that there is none. */
  isComplete(resource: Resource): boolean {
    return this.listed.has(resource) || (this.settled && !this.provides.has(resource));
  }

  /** How many objects count towards the budget. */
  get size(): number {
    return this.holder.rows + this.objects.size;
  }
}
