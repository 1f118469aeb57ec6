import type { Report } from './report.ts';

/**
 * What a quick run must not be worse than, in the measure of each goal: far from what is usual, since small sizes on a
 * shared machine scatter. They catch a fast path that was lost, not a few per cent. Ratios and bytes, never times.
 */
const WORST: Readonly<Record<string, readonly (readonly [goal: string, worst: number])[]>> = {
  S1: [
    ['CPU, client-go best mode / ours', 0.3],
    ['CPU, client-node / ours', 1.2],
  ],
  S3: [
    ['events per second, ours / client-go', 0.7],
    ['CPU per event, ours / client-go', 1.8],
  ],
  S4: [
    ["wall, Go clientv3's better mode / ours", 0.35],
    ['wall, etcd3 / ours', 0.4],
  ],
  S6: [['CPU per event, ours / Go clientv3', 3]],
  S7: [
    ['heap and external per endpoint', 400],
    ['the same, each with an interface name', 400],
  ],
  S15: [['memory of one endpoint more, in the largest service against in a smaller one', 2]],
  S16: [['one change, with the most services against with the fewest', 4]],
  S18: [
    ['busy objects, against the index without a feed', 0.1],
    ['the same, against a quarter of the updates', 2.5],
    ['history of events, 64 MiB', 80],
    ['stalled watches that were not cut off', 0],
  ],
  S19: [
    ['server CPU, whole list, kube-apiserver / ours', 2],
    ['server CPU, pages of 500, kube-apiserver / ours', 1.8],
  ],
  S20: [['changes that never arrived', 0]],
};

/** Prints what is worse; true where nothing is. */
export function checkFloors(reports: readonly Report[]): boolean {
  let fine = true;
  for (const { id, goals } of reports) {
    for (const [what, worst] of WORST[id] ?? []) {
      const goal = goals.find((candidate) => candidate.what === what);
      if (goal === undefined) throw new Error(`${id} has no goal "${what}"`);
      // Without Go its ratios are missing, and nothing can be said.
      if (Number.isNaN(goal.measured)) continue;
      const holds = goal.better === 'more' ? goal.measured >= worst : goal.measured <= worst;
      if (holds) continue;
      console.log(`${id} ${what}: ${goal.measured.toFixed(2)}; it may not be worse than ${worst}`);
      fine = false;
    }
  }
  return fine;
}
