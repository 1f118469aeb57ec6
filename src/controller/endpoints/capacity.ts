import type { Group, PlacedHost } from './subset-layout.ts';

/** What Kubernetes writes into one Endpoints object at most, and mirrors of one. An address counts once per subset. */
export const ENDPOINTS_CAPACITY = 1000;

export interface Fitted {
  readonly groups: readonly Group[];
  /** How many addresses did not fit. */
  readonly leftOut: number;
}

/**
 * Cuts groups to a capacity: what is kept stays in any case; then ready ones, then not ready ones, each subset giving up
 * in proportion to what it has, the last in order of address first (as `truncateEndpoints` of Kubernetes' endpoints
 * controller). The result may hold empty groups and groups that became equal.
 */
export function fitCapacity(groups: readonly Group[], capacity: number): Fitted {
  const total = count(groups, () => true);
  if (total <= capacity) return { groups, leftOut: 0 };
  const budget = Math.max(0, capacity - count(groups, keptHost));
  const ready = Math.min(budget, count(groups, readyHost));
  const cut = share(share(groups, readyHost, ready), notReadyHost, budget - ready);
  return { groups: cut, leftOut: total - count(cut, () => true) };
}

function keptHost(placed: PlacedHost): boolean {
  return placed.host.kept;
}

function readyHost(placed: PlacedHost): boolean {
  return !placed.host.kept && placed.ready;
}

function notReadyHost(placed: PlacedHost): boolean {
  return !placed.host.kept && !placed.ready;
}

/** Leaves at most `most` of the hosts that `of` chooses, and all others. */
function share(groups: readonly Group[], of: (placed: PlacedHost) => boolean, most: number): Group[] {
  const total = count(groups, of);
  let left = most;
  return groups.map((group) => {
    const here = count([group], of);
    let quota = Math.min(left, here, total === 0 ? 0 : Math.ceil((here * most) / total));
    left -= quota;
    return { ...group, hosts: group.hosts.filter((placed) => !of(placed) || quota-- > 0) };
  });
}

function count(groups: readonly Group[], of: (placed: PlacedHost) => boolean): number {
  return groups.reduce((sum, group) => sum + group.hosts.filter(of).length, 0);
}
