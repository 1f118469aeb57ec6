import type { LocalApi } from '../../contract/local-api.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { LeaseName } from '../election/lease.ts';
import type { CleanupContext } from './cleanup-context.ts';
import { type CleanupStep, failed } from './cleanup-step.ts';
import { deleteSlices } from './delete-slices.ts';
import { livingHolder, namedHolder } from './lease-in-use.ts';
import { restoreMirroring } from './restore-mirroring.ts';

export interface CleanupOptions {
  /** Only says what would be done. */
  readonly dryRun: boolean;
  /** The Lease of the daemons. */
  readonly lease: LeaseName;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Takes away what the federated services controller has written, for those who uninstall it: first the Endpoints objects
 * that were taken over are given back to the mirroring controller, then all EndpointSlices with our managed-by label are
 * deleted. May be run again at any time. Refuses while a daemon holds the Lease, for that would write everything again.
 *
 * Yields each step as it is done; rejects only with the signal's reason.
 */
export async function* cleanup(
  api: LocalApi,
  { dryRun, lease, clock, random, signal }: CleanupOptions,
): AsyncGenerator<CleanupStep, void, undefined> {
  const context: CleanupContext = { api, dryRun, clock, random, signal };
  let free = false;
  for await (const step of checkLease(context, lease)) {
    free = step === 'free';
    if (step !== 'free') yield step;
  }
  if (!free) return;
  const unserved = new Set<string>();
  let subject = 'Endpoints';
  try {
    yield* restoreMirroring(context, unserved);
    subject = 'EndpointSlices';
    yield* deleteSlices(context, unserved);
  } catch (error) {
    // They could not even be listed. Without the first part the second may leave a service without endpoints.
    signal.throwIfAborted();
    yield failed(subject, error);
  }
}

/** Ends with `free` if the work may begin. */
async function* checkLease(
  { api, dryRun, clock, signal }: CleanupContext,
  lease: LeaseName,
): AsyncGenerator<CleanupStep | 'free', void, undefined> {
  const subject = `Lease ${lease.namespace}/${lease.name}`;
  try {
    const named = await namedHolder(api, lease, signal);
    if (named !== null && dryRun) {
      const message = `is held by ${named}: while it is, cleanup refuses to do anything`;
      yield { subject, outcome: 'note', message };
    } else if (named !== null) {
      yield {
        subject,
        outcome: 'note',
        message: `names ${named} as the holder; looking whether it is alive`,
      };
      const living = await livingHolder(api, lease, clock, signal);
      if (living !== null) {
        const message = `is held by ${living}: stop fedsyncd first (scale its Deployment to 0)`;
        yield { subject, outcome: 'refused', message };
        return;
      }
    }
    yield 'free';
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    yield { subject, outcome: 'refused', message: `cannot be read, so nothing is touched: ${reason}` };
  }
}
