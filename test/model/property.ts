import * as fc from 'fast-check';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['PBT_NUM_RUNS'] ?? 200);

/** Checks a property. A failure prints the seed; PBT_SEED repeats it, PBT_NUM_RUNS sets the effort. */
export function check<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void {
  fc.assert(property, { seed, numRuns });
}
