import type { Clock } from '../../runtime/clock.ts';
import type { LocalApi } from '../../contract/local-api.ts';
import { LEASE_TIMINGS } from '../election/lease-timings.ts';
import { type LeaseName, leasePath, readLease } from '../election/lease.ts';
import { ObservedLease } from '../election/observed-lease.ts';

const LOOK_EVERY_MS = 1000;

/** The holder that the Lease names now, dead or alive; null = nobody. Rejects with DatastoreError. */
export async function namedHolder(
  api: LocalApi,
  lease: LeaseName,
  signal: AbortSignal,
): Promise<string | null> {
  const found = await api.get(leasePath(lease), signal);
  const holder = found === undefined ? '' : readLease(found).holder;
  return holder === '' ? null : holder;
}

/**
 * Watches the Lease until it is sure: who renews it holds it; who does not for as long as the Lease lasts is dead. So our
 * clock and the holder's are never compared. Takes 15 s at most with the usual timings, and no time where nobody is named.
 *
 * @returns the living holder; null = nobody. Rejects with DatastoreError, or the signal's reason.
 */
export async function livingHolder(
  api: LocalApi,
  lease: LeaseName,
  clock: Clock,
  signal: AbortSignal,
): Promise<string | null> {
  const observed = new ObservedLease(clock, LEASE_TIMINGS.leaseDurationMs);
  observed.observe(await api.get(leasePath(lease), signal));
  const first = observed.record;
  for (;;) {
    const waitMs = observed.waitMs('');
    if (waitMs === 0) return null;
    if (observed.record !== first) return observed.holder;
    await clock.sleep(Math.min(waitMs, LOOK_EVERY_MS), signal);
    observed.observe(await api.get(leasePath(lease), signal));
  }
}
