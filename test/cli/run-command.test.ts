import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonHandle } from '../../src/cli/command.ts';
import type { DaemonConfig } from '../../src/config/daemon-config.ts';
import { ProcessFixture, fedsyncd } from './console-fixture.ts';
import type { Outcome } from './console-fixture.ts';

function rig(over: Partial<DaemonHandle> = {}) {
  const process = new ProcessFixture();
  const calls: string[] = [];
  const configs: DaemonConfig[] = [];
  const stopped = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const startDaemon = (config: DaemonConfig): Promise<DaemonHandle> => {
    configs.push(config);
    started.resolve();
    return Promise.resolve({
      opsAddress: '127.0.0.1:1',
      feedAddress: undefined,
      closed: new Promise<void>(() => undefined),
      stop: (signal) => {
        calls.push(`stop ${signal}`);
        return stopped.promise;
      },
      toggleDebug: () => void calls.push('toggle'),
      ...over,
    });
  };
  const run = (argv: readonly string[] = []): Promise<Outcome> =>
    fedsyncd(['run', ...argv], { process, wiring: { startDaemon } });
  return { process, calls, configs, stopped, started, run };
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('run', () => {
  it('stops in order on the first signal and at once on the second', async () => {
    const { process, calls, stopped, started, run } = rig();
    const outcome = run();
    await started.promise;
    await settle();
    process.send('SIGTERM');
    await settle();
    assert.deepEqual(calls, ['stop SIGTERM']);
    assert.deepEqual(process.exits, []);
    process.send('SIGINT');
    assert.deepEqual(process.exits, [1]);
    stopped.resolve();
    assert.equal((await outcome).code, 0);
    assert.equal(process.open, 0, 'signal handlers are given back');
  });

  it('does not lose a signal that comes during the start', async () => {
    const { process, calls, stopped, started, run } = rig();
    const outcome = run();
    await started.promise;
    process.send('SIGINT');
    stopped.resolve();
    assert.equal((await outcome).code, 0);
    assert.deepEqual(calls, ['stop SIGINT']);
  });

  it('toggles debug on SIGUSR2', async () => {
    const { process, calls, stopped, started, run } = rig();
    const outcome = run();
    await started.promise;
    await settle();
    process.send('SIGUSR2');
    process.send('SIGUSR2');
    assert.deepEqual(calls, ['toggle', 'toggle']);
    process.send('SIGTERM');
    stopped.resolve();
    await outcome;
  });

  it('ends with 2 where the daemon cannot start, 1 where it breaks', async () => {
    const startDaemon = (): Promise<DaemonHandle> => Promise.reject(new Error('cannot listen at x: in use'));
    const refused = await fedsyncd(['run'], { wiring: { startDaemon } });
    assert.equal(refused.code, 2);
    assert.match(refused.err, /cannot listen at x: in use/);
    const broken = await rig({ closed: Promise.reject(new Error('it broke')) }).run();
    assert.equal(broken.code, 1);
    assert.match(broken.err, /it broke/);
  });

  it('hands over the whole configuration', async () => {
    const { process, configs, stopped, started, run } = rig();
    const outcome = run(['--rcc-directory', '/etc/rcc', '--log-level=warn', '--ops-address', '[::]:9095']);
    await started.promise;
    process.send('SIGTERM');
    stopped.resolve();
    await outcome;
    assert.deepEqual(configs[0], {
      version: '1.2.3',
      rccSources: ['directory'],
      offline: false,
      rccDirectory: '/etc/rcc',
      kubeconfig: undefined,
      localEtcd: undefined,
      inspect: [],
      trustInline: false,
      datastore: {
        connectTimeoutMs: 10_000,
        requestTimeoutMs: 30_000,
        maxObjectBytes: 1_048_576,
        excludeNamespaces: [],
      },
      interfacePrefix: 'cali',
      maxObjectsPerCluster: 1_000_000,
      maxParallelLists: 8,
      historyLength: 100_000,
      staleAfterMs: 60_000,
      idleTimeoutMs: 90_000,
      opsAddress: { host: '::', port: 9095 },
      logLevel: 'warn',
      apiUsers: [],
      federation: undefined,
      feed: undefined,
    });
  });
});
