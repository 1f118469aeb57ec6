import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FederationConfig } from '../../src/config/federation-config.ts';
import { federationConfig } from '../../src/config/federation-config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { daemonConfig } from '../../src/config/daemon-config.ts';
import { parseOptions } from '../../src/config/parse.ts';
import { leaseTimingsProblem } from '../../src/controller/election/lease-timings.ts';

const ON = '--controllers=federated-services';

function values(argv: readonly string[], environment: Environment = {}) {
  const parsed = parseOptions('run', argv, environment);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.join('\n'));
  return parsed.values;
}

function read(...argv: readonly string[]): FederationConfig | undefined {
  const problems: string[] = [];
  const config = federationConfig(values(argv), problems);
  assert.deepEqual(problems, []);
  return config;
}

function problemsOf(...argv: readonly string[]): readonly string[] {
  const problems: string[] = [];
  federationConfig(values([ON, ...argv]), problems);
  return problems;
}

describe('federationConfig', () => {
  it('is nothing unless the controller is asked for', () => {
    assert.equal(read(), undefined);
    assert.equal(read('--dry-run', '--stale-policy=withdraw'), undefined);
  });

  it('has the documented defaults', () => {
    assert.deepEqual(read(ON), {
      output: 'endpointslices',
      maxEndpointsPerSlice: 100,
      dryRun: false,
      stalePolicy: 'keep',
      staleTtlMs: 300_000,
      localServiceCidrs: undefined,
      reconcilePeriodMs: 300_000,
      maxParallelWrites: 16,
      writeTimeoutMs: 5000,
      election: {
        leaseName: 'fedsyncd',
        leaseNamespace: undefined,
        leaseDurationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2000,
      },
    });
  });

  it('takes every option', () => {
    const config = read(
      ON,
      '--service-output=endpoints',
      '--max-endpoints-per-slice=1000',
      '--stale-policy=not-ready',
      '--stale-ttl=1h30m',
      '--local-service-cidr=10.96.7.0/12,FD00:0::/108',
      '--reconcile-period=1m',
      '--max-parallel-writes=1',
      '--write-timeout=250ms',
      '--lease-name=other',
      '--lease-namespace=ops',
      '--lease-duration=60s',
      '--renew-deadline=40s',
      '--retry-period=5s',
    );
    assert.deepEqual(config, {
      output: 'endpoints',
      maxEndpointsPerSlice: 1000,
      dryRun: false,
      stalePolicy: 'not-ready',
      staleTtlMs: 5_400_000,
      localServiceCidrs: ['10.96.0.0/12', 'fd00::/108'],
      reconcilePeriodMs: 60_000,
      maxParallelWrites: 1,
      writeTimeoutMs: 250,
      election: {
        leaseName: 'other',
        leaseNamespace: 'ops',
        leaseDurationMs: 60_000,
        renewDeadlineMs: 40_000,
        retryPeriodMs: 5000,
      },
    });
  });

  it('elects only who writes, in every combination', () => {
    for (const dryRun of [false, true]) {
      for (const elect of [false, true]) {
        const config = read(ON, `--dry-run=${dryRun}`, `--leader-elect=${elect}`);
        assert.equal(config?.election !== undefined, elect && !dryRun, `${dryRun} ${elect}`);
        assert.equal(config?.dryRun, dryRun);
      }
    }
  });

  it('does not look at the timings of a Lease that is not used', () => {
    const unsound = ['--lease-duration=1500ms', '--renew-deadline=20s', '--retry-period=1h'];
    assert.deepEqual(problemsOf('--leader-elect=false', ...unsound), []);
    assert.deepEqual(problemsOf('--dry-run', ...unsound), []);
  });

  it('names everything that does not fit together', () => {
    assert.deepEqual(problemsOf('--lease-duration=1500ms', '--renew-deadline=20s', '--retry-period=18s'), [
      '--lease-duration must be longer than --renew-deadline',
      '--lease-duration must be whole seconds: a Lease can say nothing else',
      '--renew-deadline must be longer than 1.2 times --retry-period',
    ]);
    assert.deepEqual(problemsOf('--lease-duration=10s'), [
      '--lease-duration must be longer than --renew-deadline',
    ]);
    assert.deepEqual(problemsOf('--retry-period=9s'), [
      '--renew-deadline must be longer than 1.2 times --retry-period',
    ]);
  });

  it('takes exactly the timings that the election takes', () => {
    const ms = [500, 1000, 1500, 2000, 2400, 3000, 3500];
    for (const lease of ms.filter((each) => each >= 1000)) {
      for (const renew of ms) {
        for (const retry of ms) {
          const argv = [
            `--lease-duration=${lease}ms`,
            `--renew-deadline=${renew}ms`,
            `--retry-period=${retry}ms`,
          ];
          const timings = { leaseDurationMs: lease, renewDeadlineMs: renew, retryPeriodMs: retry };
          const refused = problemsOf(...argv).length > 0;
          assert.equal(refused, leaseTimingsProblem(timings) !== undefined, argv.join(' '));
        }
      }
    }
  });

  it('names a range that is none, and shows no more than its beginning', () => {
    const [problem = ''] = problemsOf(
      '--local-service-cidr=10.96.0.0/12',
      `--local-service-cidr=${'x'.repeat(500)}`,
    );
    assert.match(problem, /^--local-service-cidr "x{100}": /);
    assert.equal(problemsOf('--local-service-cidr=10.96.0.0/33,ten').length, 2);
  });

  it('is part of what a daemon is told, with its problems', () => {
    const good = daemonConfig(values([], { FEDSYNCD_CONTROLLERS: 'federated-services' }), '1');
    assert.equal(good.ok && good.config.federation?.output, 'endpointslices');
    assert.deepEqual(good.ok && good.config.apiUsers, ['--controllers federated-services']);
    const bad = daemonConfig(values([ON, '--lease-duration=5s', '--rcc-source=directory']), '1');
    assert.deepEqual(bad.ok ? [] : bad.problems, [
      '--rcc-source directory needs --rcc-directory',
      '--lease-duration must be longer than --renew-deadline',
    ]);
  });

  for (const [argv, expected] of [
    ['--controllers=federated-service', /--controllers .*expected some of federated-services/],
    ['--service-output=slices', /--service-output .*expected one of endpointslices, endpoints/],
    ['--max-endpoints-per-slice=1001', /a whole number from 1 to 1000/],
    ['--max-endpoints-per-slice=0', /a whole number from 1 to 1000/],
    ['--stale-policy=drop', /expected one of keep, not-ready, withdraw/],
    ['--reconcile-period=10ms', /from 1s to/],
    ['--leader-elect=yes', /expected true or false/],
    ['--without=east', /--without/],
  ] as const) {
    it(`refuses ${argv}`, () => {
      const parsed = parseOptions('run', [ON, argv], {});
      assert.match(parsed.ok ? '' : parsed.problems.join('\n'), expected);
    });
  }
});
