import type { OwnedSlice } from '../owned/owned-slice.ts';
import { type DesiredPart, type DesiredService, LARGE_SERVICE } from './desired-service.ts';
import type { Edit } from './edit.ts';
import { type PlanOptions, planSets } from './plan.ts';
import type { SliceSet } from './slice-sets.ts';

/** What needed no edit. Same objects, same answer. */
interface SettledSet {
  /** Weak: a part that selection keeps no longer never comes again, and its endpoints are most of what a service takes. */
  readonly part: WeakRef<DesiredPart>;
  readonly slices: readonly OwnedSlice[];
}

interface Memory {
  readonly uid: string;
  readonly limit: number;
  /** By set key. */
  readonly settled: ReadonlyMap<string, SettledSet>;
}

/**
 * Plans as `plan` does, and remembers of each large service which sets needed no edit: while their DesiredPart and OwnedSlice
 * objects are the very same, they are not compared again. So a plan costs what changed, and memory is a few references per slice.
 */
export class Planner {
  readonly #memories = new Map<string, Memory>();
  readonly #from: number;

  /** Of services with fewer endpoints than `from` nothing is remembered. */
  constructor(from: number = LARGE_SERVICE) {
    this.#from = from;
  }

  plan(desired: DesiredService, actual: readonly OwnedSlice[], options: PlanOptions): readonly Edit[] {
    const { uid, parts } = desired;
    const limit = options.maxEndpointsPerSlice;
    const key = `${desired.namespace}/${desired.name}`;
    const memory = this.#memories.get(key);
    const known = memory?.uid === uid && memory.limit === limit ? memory.settled : undefined;
    const { edits, settled } = planSets(desired, actual, options, (set) => isKnown(known?.get(set.key), set));
    const size = parts.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
    if (parts.length === 0 || size < this.#from) this.#memories.delete(key);
    else this.#memories.set(key, { uid, limit, settled: remembered(settled, known) });
    return edits;
  }

  /** Drops what is remembered of a service. Only memory depends on it. */
  forget(namespace: string, name: string): void {
    this.#memories.delete(`${namespace}/${name}`);
  }
}

function remembered(
  settled: readonly SliceSet[],
  known: ReadonlyMap<string, SettledSet> | undefined,
): ReadonlyMap<string, SettledSet> {
  return new Map(
    settled.map((set) => {
      const before = known?.get(set.key);
      const same = before !== undefined && isKnown(before, set) ? before : undefined;
      return [set.key, same ?? { part: new WeakRef(set.part), slices: set.slices }];
    }),
  );
}

function isKnown(before: SettledSet | undefined, { part, slices }: SliceSet): boolean {
  if (before === undefined || before.slices.length !== slices.length) return false;
  return before.part.deref() === part && slices.every((slice, i) => slice === before.slices[i]);
}
