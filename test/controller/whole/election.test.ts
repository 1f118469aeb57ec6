import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { isList, isWrite } from './audit-log.ts';
import type { ServiceObjects } from './service-objects.ts';
import { killed, type Which, World } from './world.ts';

const QUICK = ['--lease-duration=3s', '--renew-deadline=2s', '--retry-period=200ms'];
const USUAL = ['--lease-duration=15s', '--renew-deadline=10s', '--retry-period=500ms'];
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/calico-system/leases/fedsyncd';

withServers('two daemons and a Lease', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let world: World;
  let local: ServiceObjects;
  let east: ServiceObjects;
  let last = 1;
  const running: DaemonProcess[] = [];

  before(async () => {
    world = await World.start(rig, { controllers: false });
    await world.join();
    local = world.in();
    east = world.in('east');
    await world.namespace('shop');
    await east.backing('shop/web', ['10.1.0.1']);
    for (let n = 0; n < 5; n++) await local.federated(`shop/all-${n}`, "app == 'web'");
  });

  afterEach(async () => {
    for (const daemon of running.splice(0)) await killed(daemon);
    await world.local.call('DELETE', LEASE);
  });
  after(() => world?.end({ restarted: true }));

  async function start(which: Which, flags: readonly string[]): Promise<DaemonProcess> {
    const daemon = await world.daemonAs(which, ...flags);
    running.push(daemon);
    await daemon.untilStatus('east', 'InSync');
    return daemon;
  }

  function untilLeads(daemon: DaemonProcess): Promise<unknown> {
    return until('it to lead', () => daemon.lines.some(({ event }) => event === 'leader.acquired'));
  }

  /** Changes an endpoint, and waits till all services have it. */
  async function change(): Promise<void> {
    last++;
    await east.setEndpoints('shop/web', [`10.1.0.${last}`]);
    for (let n = 0; n < 5; n++) await local.untilTargets(`shop/all-${n}`, [`east 10.1.0.${last}:8080`]);
  }

  async function pair(flags: readonly string[]): Promise<readonly [DaemonProcess, DaemonProcess]> {
    const leader = await start('first', flags);
    await untilLeads(leader);
    const standby = await start('second', flags);
    await change();
    return [leader, standby];
  }

  /** Every write that was accepted was of the daemon whose claim of the Lease was the last one accepted before it. */
  async function assertNoOverlap(place: number): Promise<number> {
    let holder: string | undefined;
    let writes = 0;
    for (const { objectRef, user, responseStatus, ...request } of await world.audit.since(place)) {
      if (!isWrite(request as never) || (responseStatus?.code ?? 500) >= 300) continue;
      const who = user.groups?.find((group) => group === 'first' || group === 'second');
      if (objectRef?.resource === 'leases') holder = who;
      else if (objectRef?.resource === 'endpointslices') {
        assert.equal(who, holder, `${request.verb} ${request.requestURI} by ${who ?? ''}`);
        writes++;
      }
    }
    return writes;
  }

  it('lets the standby take over after kill -9, without lists and without writes', async () => {
    const begin = await world.audit.place();
    const [leader, standby] = await pair(QUICK);
    const there = world.auditOf('east');
    const [place, placeThere] = await Promise.all([world.audit.place(), there.place()]);
    await killed(leader);
    await untilLeads(standby);
    const asked = [...(await world.audit.since(place)), ...(await there.since(placeThere, 'reader'))];
    assert.deepEqual(asked.filter(isList), []);
    assert.deepEqual(await world.audit.writesSince(place), []);
    await change();
    assert.equal((await world.audit.writesSince(place)).length, 5);
    assert.ok((await assertNoOverlap(begin)) > 5);
  });

  it('gives the Lease away on SIGTERM, when its last write has ended', async () => {
    const begin = await world.audit.place();
    const [leader, standby] = await pair(USUAL);
    const changes = (async () => {
      for (let n = 0; n < 30; n++) await east.setEndpoints('shop/web', [`10.1.1.${n}`]);
    })();
    assert.equal(await leader.stop(), 0);
    const stopped = performance.now();
    await untilLeads(standby);
    assert.ok(performance.now() - stopped < 5_000, 'it waited for the Lease to end');
    await changes;
    await change();
    await assertNoOverlap(begin);
    assert.ok(leader.lines.some(({ event }) => event === 'leader.released'));
  });

  it('writes nothing any more once it was paused for longer than the Lease lasts', async () => {
    const begin = await world.audit.place();
    const [leader, standby] = await pair(QUICK);
    leader.signal('SIGSTOP');
    await east.setEndpoints('shop/web', ['10.1.2.1']);
    await untilLeads(standby);
    for (let n = 0; n < 5; n++) await local.untilTargets(`shop/all-${n}`, ['east 10.1.2.1:8080']);
    await east.setEndpoints('shop/web', ['10.1.2.2']);
    leader.signal('SIGCONT');
    await until('it to know', () => leader.lines.some(({ event }) => event === 'leader.lost'));
    await change();
    await assertNoOverlap(begin);
    await standby.stop();
    await until(
      'it to lead again',
      () => leader.lines.filter(({ event }) => event === 'leader.acquired').length === 2,
    );
    await change();
    await assertNoOverlap(begin);
  });

  it('stops writing while the API server is away, and goes on when it is back', async () => {
    const leader = await start('first', QUICK);
    await untilLeads(leader);
    await change();
    await world.local.kill();
    await until('the end of its term', () => leader.lines.some(({ event }) => event === 'leader.lost'));
    await east.setEndpoints('shop/web', ['10.1.3.1']);
    await world.local.restart();
    await change();
    await leader.stop();
  });
});
