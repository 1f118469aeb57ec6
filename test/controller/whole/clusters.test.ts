import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { after, afterEach, before, it } from 'node:test';
import type { PlanDocument } from '../../../src/contract/controller-documents.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import type { ServiceObjects } from './service-objects.ts';
import { World } from './world.ts';

withServers('remote clusters that fail, return and go', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let world: World;
  let daemon: DaemonProcess | undefined;
  let local: ServiceObjects;
  let west: ServiceObjects;

  before(async () => {
    world = await World.start(rig, { remotes: ['east', 'west'], controllers: false });
    await world.join();
    local = world.in();
    west = world.in('west');
    await world.namespace('shop');
    await world.in('east').backing('shop/web', ['10.1.0.1', '10.1.0.2']);
    await world.in('east').backing('shop/lone', ['10.1.0.3']);
    await west.backing('shop/web', ['10.2.0.1']);
    await local.federated('shop/all', "app == 'web'");
    await local.federated('shop/east-only', "app == 'lone'");
  });

  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
  });
  after(() => world?.end());

  const EAST = ['east 10.1.0.1:8080', 'east 10.1.0.2:8080'];
  const WEST = ['west 10.2.0.1:8080'];
  const LONE = ['east 10.1.0.3:8080'];

  async function start(...flags: readonly string[]): Promise<DaemonProcess> {
    daemon = await world.daemon(...flags);
    for (const name of ['east', 'west']) await daemon.untilStatus(name, 'InSync');
    await local.untilTargets('shop/all', [...EAST, ...WEST]);
    await local.untilTargets('shop/east-only', LONE);
    return daemon;
  }

  it('withdraws a cluster whose RCC is removed, and writes nothing else', async () => {
    await start();
    const place = await world.audit.place();
    await world.leave('east');
    await local.untilTargets('shop/all', WEST);
    await local.untilTargets('shop/east-only', []);
    const writes = await world.audit.writesSince(place);
    assert.equal(writes.length, 2, writes.join('\n'));
    assert.ok(writes.every((write) => write.startsWith('delete endpointslices')));
    await world.join('east');
    await local.untilTargets('shop/all', [...EAST, ...WEST]);
    await local.untilTargets('shop/east-only', LONE);
  });

  it('keeps what a cluster had that cannot be reached, and goes on with the others', async () => {
    const running = await start();
    const place = await world.audit.place();
    await world.remote('east').kill();
    await running.untilStatus('east', 'NotConnecting');
    await west.setEndpoints('shop/web', ['10.2.0.2']);
    await local.untilTargets('shop/all', [...EAST, 'west 10.2.0.2:8080']);
    await world.remote('east').restart();
    await running.untilStatus('east', 'InSync');
    await west.setEndpoints('shop/web', ['10.2.0.1']);
    await local.untilTargets('shop/all', [...EAST, ...WEST]);
    assert.equal((await world.audit.writesSince(place)).length, 2);
  });

  it('withdraws a cluster that cannot be reached when its RCC is removed', async () => {
    const running = await start();
    await world.remote('east').kill();
    await running.untilStatus('east', 'NotConnecting');
    await world.leave('east');
    await local.untilTargets('shop/all', WEST);
    await local.untilTargets('shop/east-only', []);
    await world.remote('east').restart();
    await world.join('east');
    await local.untilTargets('shop/all', [...EAST, ...WEST]);
    await local.untilTargets('shop/east-only', LONE);
  });

  it('keeps what a cluster had whose RCC is broken or whose RCC source is missing, also over a restart', async () => {
    await start();
    const place = await world.audit.place();
    const heard = async (ip: string): Promise<void> => {
      await west.setEndpoints('shop/web', [ip]);
      await local.untilTargets('shop/all', [...EAST, `west ${ip}:8080`]);
    };
    await world.spoil('east');
    await daemon?.untilStatus('east', 'ConfigIncomplete');
    await heard('10.2.0.2');
    await daemon?.stop();
    daemon = await world.daemon();
    await daemon.untilStatus('east', 'ConfigIncomplete');
    await daemon.untilStatus('west', 'InSync');
    await heard('10.2.0.3');
    await world.join('east');
    await daemon.untilStatus('east', 'InSync');
    const away = `${world.directory}-away`;
    await rename(world.directory, away);
    await until(
      'the source to be missed',
      async () => (await daemon?.cluster('east'))?.reason === 'SourceMissing',
      {
        timeoutMs: 40_000,
      },
    );
    await heard('10.2.0.4');
    await daemon.stop();
    daemon = await world.daemon();
    await until('a plan that holds both', async () => {
      const { held } = JSON.parse((await daemon?.get('/plan'))?.body ?? '') as PlanDocument;
      return (
        held
          .map(({ cluster }) => cluster)
          .sort()
          .join() === 'east,west'
      );
    });
    await rename(away, world.directory);
    for (const name of ['east', 'west']) await daemon.untilStatus(name, 'InSync', 40_000);
    await heard('10.2.0.1');
    assert.equal((await world.audit.writesSince(place)).length, 4);
  });

  for (const [policy, left] of [
    ['not-ready', [...EAST.map((target) => `${target} not-ready`), ...WEST]],
    ['withdraw', WEST],
  ] as const) {
    it(`acts on a silent cluster by --stale-policy=${policy}, only where another one serves`, async () => {
      const running = await start(`--stale-policy=${policy}`, '--stale-ttl=1s');
      await world.remote('east').kill();
      await local.untilTargets('shop/all', left);
      await local.untilTargets('shop/east-only', LONE);
      await west.setEndpoints('shop/web', ['not-ready 10.2.0.1']);
      await local.untilTargets('shop/all', [...EAST, 'west 10.2.0.1:8080 not-ready']);
      await west.setEndpoints('shop/web', ['10.2.0.1']);
      await local.untilTargets('shop/all', left);
      await world.remote('east').restart();
      await running.untilStatus('east', 'InSync');
      await local.untilTargets('shop/all', [...EAST, ...WEST]);
    });
  }
});
