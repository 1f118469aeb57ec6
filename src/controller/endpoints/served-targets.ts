import type { Rank } from '../../model/edit-rank.ts';
import type { EndpointsSubset } from './owned-endpoints.ts';

/** What traffic can reach, as kube-proxy sees it, each with whether it is ready. */
export type ServedTargets = ReadonlyMap<string, boolean>;

interface TargetPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number | undefined;
}

/** Names an address with a port; undefined = an endpoint without ports. */
export function targetKey(ip: string, port: TargetPort | undefined): string {
  return port === undefined ? ip : `${ip} ${port.name} ${port.port ?? ''}/${port.protocol}`;
}

/** One that is ready somewhere is ready. */
export function servedBySubsets(subsets: readonly EndpointsSubset[]): ServedTargets {
  const served = new Map<string, boolean>();
  for (const { addresses, notReadyAddresses, ports } of subsets) {
    const offered = ports.length === 0 ? [undefined] : ports;
    for (const port of offered) {
      for (const { ip } of addresses) served.set(targetKey(ip, port), true);
      for (const { ip } of notReadyAddresses) {
        const key = targetKey(ip, port);
        served.set(key, served.get(key) === true);
      }
    }
  }
  return served;
}

/** By the most urgent thing that happens to any target. */
export function rankOf(from: ServedTargets, to: ServedTargets): Rank {
  let rank: Rank = 'cosmetic';
  for (const [target, wasReady] of from) {
    const ready = to.get(target);
    if (ready === undefined) return 'withdraw';
    if (wasReady && !ready) rank = 'not-ready';
    else if (!wasReady && ready && rank === 'cosmetic') rank = 'add';
  }
  if (rank !== 'cosmetic') return rank;
  for (const target of to.keys()) if (!from.has(target)) return 'add';
  return rank;
}
