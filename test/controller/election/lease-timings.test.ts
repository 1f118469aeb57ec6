import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEASE_TIMINGS, leaseTimingsProblem } from '../../../src/controller/election/lease-timings.ts';

describe('leaseTimingsProblem', () => {
  it('accepts the defaults of Kubernetes and anything in their order', () => {
    assert.equal(leaseTimingsProblem(LEASE_TIMINGS), undefined);
    assert.deepEqual(LEASE_TIMINGS, {
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2000,
    });
    assert.equal(
      leaseTimingsProblem({ leaseDurationMs: 1000, renewDeadlineMs: 600, retryPeriodMs: 100 }),
      undefined,
    );
  });

  for (const [timings, problem] of [
    [
      { leaseDurationMs: 10_000 },
      /leaseDuration \(10000 ms\) must be longer than renewDeadline \(10000 ms\)/,
    ],
    [
      { retryPeriodMs: 9_000 },
      /renewDeadline \(10000 ms\) must be longer than 1.2 times retryPeriod \(9000 ms\)/,
    ],
    [{ leaseDurationMs: 15_500 }, /leaseDuration must be whole seconds/],
    [{ retryPeriodMs: 0 }, /retryPeriod must be longer than 0/],
    [{ renewDeadlineMs: -1 }, /renewDeadline must be longer than 0/],
    [{ leaseDurationMs: Number.NaN }, /leaseDuration must be longer than 0/],
  ] as const) {
    it(`refuses ${JSON.stringify(timings)}`, () => {
      assert.match(leaseTimingsProblem({ ...LEASE_TIMINGS, ...timings }) ?? '', problem);
    });
  }
});
