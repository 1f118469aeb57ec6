import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LocalApi, WriteError } from '../../src/contract/local-api.ts';
import type { Wiring } from '../../src/cli/command.ts';
import { LEASE, endpoints, slice } from '../controller/cleanup/cleanup-fixture.ts';
import { type Delay, SimulatedServer } from '../controller/election/simulated-api.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type ConsoleOptions, type Outcome, ProcessFixture, fedsyncd } from './console-fixture.ts';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const LEASE_PATH = '/apis/coordination.k8s.io/v1/namespaces/calico-system/leases/fedsyncd';

function rig() {
  const clock = new FakeClock();
  const server = new SimulatedServer(clock);
  let closed = 0;
  const localCluster = (api: LocalApi): Wiring['localCluster'] => {
    const close = (): Promise<void> => Promise.resolve(void closed++);
    return () => Promise.resolve({ api, lease: LEASE, close });
  };
  /** Time goes on till the command ends. */
  const run = async (argv: readonly string[] = [], options: ConsoleOptions = {}): Promise<Outcome> => {
    const wiring = { localCluster: localCluster(server.client()), ...options.wiring };
    const state = { over: false };
    const running = fedsyncd(['cleanup', ...argv], { clock, ...options, wiring }).finally(
      () => (state.over = true),
    );
    while (!state.over) await clock.advance(50);
    return running;
  };
  return { clock, server, run, localCluster, closed: () => closed };
}

function fill(server: SimulatedServer): void {
  for (const name of ['web-a-0', 'web-a-1']) server.put(`${SLICES}/${name}`, slice('web', name));
  server.put(`${SLICES}/web-own`, slice('web', 'web-own', 'endpointslice-controller.k8s.io'));
}

function hold(server: SimulatedServer, renewTime: string): void {
  const spec = {
    holderIdentity: 'fedsyncd-0_abc',
    leaseDurationSeconds: 15,
    renewTime,
    acquireTime: renewTime,
  };
  server.put(LEASE_PATH, { metadata: { namespace: 'calico-system', name: 'fedsyncd' }, spec });
}

const names = (server: SimulatedServer): string[] =>
  [...server.objects.keys()]
    .filter((path) => path.startsWith(SLICES))
    .map((path) => path.slice(SLICES.length + 1));

describe('cleanup', () => {
  it('says what it deleted, and ends with 0', async () => {
    const { server, run, closed } = rig();
    fill(server);
    const { code, out, err } = await run();
    assert.equal(
      out,
      'EndpointSlice shop/web-a-0: deleted\nEndpointSlice shop/web-a-1: deleted\n2 done; nothing is left.\n',
    );
    assert.deepEqual([code, err, closed()], [0, '', 1]);
    assert.deepEqual(names(server), ['web-own']);
    assert.equal((await run()).out, '0 done; nothing is left.\n');
  });

  it('--dry-run says what it would do, and does nothing', async () => {
    const { server, run } = rig();
    fill(server);
    server.put('/api/v1/namespaces/shop/endpoints/web', endpoints('web', true));
    const { code, out } = await run(['--dry-run']);
    assert.equal(
      out,
      [
        'Endpoints shop/web: label endpointslice.kubernetes.io/skip-mirror would be removed',
        'EndpointSlice shop/web-a-0: would be deleted',
        'EndpointSlice shop/web-a-1: would be deleted',
        '3 to do; nothing was touched.',
        '',
      ].join('\n'),
    );
    assert.equal(code, 0);
    assert.ok(
      server.log.every((line) => /^(get|list) /.test(line)),
      server.log.join('\n'),
    );
  });

  it('refuses while a daemon holds the Lease, and ends with 1', async () => {
    const { clock, server, run } = rig();
    fill(server);
    hold(server, '2026-01-01T00:00:00.000000Z');
    clock.after(2500, () => hold(server, '2026-01-01T00:00:10.000000Z'));
    const { code, out, err } = await run();
    assert.match(
      out,
      /^Lease calico-system\/fedsyncd: names fedsyncd-0_abc as the holder; looking whether it is alive\n$/,
    );
    assert.match(
      err,
      /^Lease calico-system\/fedsyncd: refused: is held by fedsyncd-0_abc: stop fedsyncd first/,
    );
    assert.equal(code, 1);
    assert.equal(names(server).length, 3, 'nothing was touched');
  });

  it('goes on where the holder turns out to be dead', async () => {
    const { server, run } = rig();
    fill(server);
    hold(server, '2026-01-01T00:00:00.000000Z');
    const { code, out } = await run();
    assert.match(out, /\n2 done; nothing is left\.\n$/);
    assert.equal(code, 0);
  });

  it('says what failed, does the rest, and ends with 1', async () => {
    const { server, run } = rig();
    fill(server);
    server.intercept = (verb, path) =>
      verb === 'remove' && path.endsWith('web-a-0')
        ? new WriteError('forbidden', 'may not delete\u001b[2J')
        : undefined;
    const { code, out, err } = await run();
    assert.equal(out, 'EndpointSlice shop/web-a-1: deleted\n');
    assert.match(err, /^EndpointSlice shop\/web-a-0: failed: may not delete/);
    assert.ok(!err.includes('\u001b'));
    assert.equal(code, 1);
    assert.deepEqual(names(server), ['web-a-0', 'web-own']);
  });

  it('ends with 1 on a signal, in order, and gives everything back', async () => {
    const { server, run, localCluster, closed } = rig();
    fill(server);
    const process = new ProcessFixture();
    let asked = 0;
    // The third request is never answered: the daemon's Lease and the Endpoints are, the slices are not.
    const there: Delay = () => {
      if (++asked < 3) return 0;
      process.send('SIGTERM');
      return undefined;
    };
    const wiring = { localCluster: localCluster(server.client(there)) };
    const { code, err } = await run([], { process, wiring });
    assert.equal(err, 'fedsyncd: stopped; run it again to do the rest\n');
    assert.deepEqual([code, closed(), process.open, process.exits], [1, 1, 0, []]);
  });

  it('ends with 2 where there is no local cluster', async () => {
    const { code, err } = await fedsyncd(['cleanup']);
    assert.equal(code, 2);
    assert.match(err, /^fedsyncd: no local cluster here\n/);
  });
});
