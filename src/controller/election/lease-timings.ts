/** The three times of leader election, in milliseconds, with the meanings and defaults that Kubernetes gives them. */
export interface LeaseTimings {
  /** How long others wait, after the last change of the Lease that they saw, before they take it. Whole seconds. */
  readonly leaseDurationMs: number;
  /** How long after the start of its last accepted renewal the holder may write. */
  readonly renewDeadlineMs: number;
  /** Between two attempts to take or to renew. */
  readonly retryPeriodMs: number;
}

export const LEASE_TIMINGS: LeaseTimings = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};

/** As much longer than the retry period a single wait may be. The same as client-go's, which others may use on the Lease. */
const JITTER = 1.2;

/** What is wrong with the timings, as one sentence; undefined = they are sound. The rules are those of client-go. */
export function leaseTimingsProblem(timings: LeaseTimings): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = timings;
  // Not every property of what is given: it may carry more than the times.
  for (const [name, ms] of Object.entries({ leaseDurationMs, renewDeadlineMs, retryPeriodMs })) {
    if (!Number.isFinite(ms) || ms <= 0) return `${name.slice(0, -2)} must be longer than 0`;
  }
  if (leaseDurationMs % 1000 !== 0) {
    return `leaseDuration must be whole seconds, for a Lease can say nothing else, not ${leaseDurationMs} ms`;
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    return `leaseDuration (${leaseDurationMs} ms) must be longer than renewDeadline (${renewDeadlineMs} ms)`;
  }
  if (renewDeadlineMs <= retryPeriodMs * JITTER) {
    return `renewDeadline (${renewDeadlineMs} ms) must be longer than ${JITTER} times retryPeriod (${retryPeriodMs} ms)`;
  }
  return undefined;
}
