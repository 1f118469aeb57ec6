import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonEvent } from '../../src/contract/event.ts';
import { EventCounters } from '../../src/telemetry/event-counters.ts';
import { EventReporter } from '../../src/telemetry/event-reporter.ts';
import { Log } from '../../src/telemetry/log.ts';
import type { LogLevel } from '../../src/telemetry/log.ts';
import { ManualClock } from './fleet-fixture.ts';

function rig(level: LogLevel = 'info') {
  const clock = new ManualClock();
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const log = new Log({ level, clock, destination });
  const counters = new EventCounters();
  const reporter = new EventReporter({ log, counters, clock });
  return { clock, lines, log, counters, reporter };
}

function failed(attempt: number, over: { cluster?: string; message?: string } = {}): DaemonEvent {
  return {
    event: 'resource.failed',
    cluster: 'east',
    datastore: 'etcdv3',
    resource: 'workloadendpoints',
    reason: 'Timeout',
    message: 'no answer',
    retryInMs: 1234.5,
    attempt,
    ...over,
  };
}

describe('log lines', () => {
  it('are JSON with level, time, event, fields and one sentence', () => {
    const { lines, reporter } = rig();
    reporter.report(failed(1));
    assert.deepEqual(lines, [
      {
        level: 'info',
        time: '2026-03-04T05:06:07.000Z',
        event: 'resource.failed',
        cluster: 'east',
        datastore: 'etcdv3',
        resource: 'workloadendpoints',
        reason: 'Timeout',
        retryInMs: 1234.5,
        attempt: 1,
        msg: 'east: workloadendpoints: no answer (attempt 1, next in 1235 ms)',
      },
    ]);
  });

  it('get rare where failures go on for days', () => {
    const { lines, reporter, clock } = rig();
    for (let attempt = 11; attempt <= 3_000; attempt++) {
      reporter.report(failed(attempt));
      clock.advance(30_000);
    }
    assert.deepEqual(
      lines.map((line) => line['attempt']),
      [16, 32, 64, 128, 256, 512, 1024, 2048],
    );
  });

  it('get louder with repeated failures', () => {
    const { lines, reporter, clock } = rig();
    for (const attempt of [1, 2, 3, 9, 10]) {
      reporter.report(failed(attempt));
      clock.advance(60_000);
    }
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['info', 'info', 'warn', 'warn', 'error'],
    );
  });

  it('warn of a cluster that does not connect', () => {
    const { lines, reporter } = rig();
    const base = { event: 'cluster.status', cluster: 'east', message: 'm', previous: null } as const;
    reporter.report({ ...base, status: 'NotConnecting', reason: 'DnsFailed' });
    reporter.report({ ...base, status: 'InSync', reason: 'Synced' });
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [
        ['warn', 'remote cluster east is NotConnecting (DnsFailed): m'],
        ['info', 'remote cluster east is InSync (Synced): m'],
      ],
    );
  });

  it('obey the level, and debug can be switched on and off', () => {
    const { lines, log, reporter } = rig('error');
    reporter.report(failed(1));
    assert.equal(lines.length, 0);
    assert.equal(log.toggleDebug(), 'debug');
    reporter.report(failed(1));
    assert.equal(lines.length, 1);
    assert.equal(log.toggleDebug(), 'error');
    reporter.report(failed(1));
    assert.equal(lines.length, 1);
    assert.equal(rig('debug').log.toggleDebug(), 'info');
  });
});

describe('a flood of one event', () => {
  it('is cut to ten lines a minute; the last one follows with the number left out', () => {
    const { lines, reporter, clock, counters } = rig();
    for (let i = 1; i <= 1000; i++) reporter.report(failed(1, { message: `remote text ${i}` }));
    assert.equal(lines.length, 10);
    clock.advance(60_000);
    assert.equal(lines.length, 11);
    assert.equal(lines[10]?.['suppressed'], 989);
    assert.match(String(lines[10]?.['msg']), /remote text 1000/);
    assert.equal(counters.suppressedLines, 989);
    assert.equal(counters.cluster('east')?.failures.get('Timeout'), 1000);
    reporter.report(failed(1));
    assert.equal(lines.length, 12);
  });

  it('does not silence other clusters, and remote text makes no new kind', () => {
    const { lines, reporter } = rig();
    for (let i = 0; i < 100; i++) {
      reporter.report({
        event: 'object.skipped',
        cluster: 'east',
        resource: 'services',
        where: `a/b${i}`,
        reason: `bad ${i}`,
      });
    }
    assert.equal(lines.length, 10);
    reporter.report(failed(1, { cluster: 'west' }));
    assert.equal(lines.length, 11);
  });

  it('leaves no timer behind, and closing writes what is held back', () => {
    const { lines, reporter, clock } = rig();
    for (let i = 1; i <= 12; i++) reporter.report(failed(1));
    assert.equal(clock.timers, 1);
    reporter.close();
    assert.equal(clock.timers, 0);
    assert.equal(lines.length, 11);
    assert.equal(lines[10]?.['suppressed'], 1);
  });
});
