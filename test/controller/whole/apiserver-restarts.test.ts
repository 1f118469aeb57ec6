import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import type { ServiceObjects } from './service-objects.ts';
import { World } from './world.ts';

/** An API server that starts answers 403 for a moment, before it has read its roles: that must not look like data. */
withServers(
  'API servers that restart, with rights by roles',
  ['etcd', 'kube-apiserver', 'kubectl'],
  (rig) => {
    let world: World;
    let daemon: DaemonProcess;
    let local: ServiceObjects;
    let last = 1;

    before(async () => {
      world = await World.start(rig, { controllers: false });
      await world.joinLimited('east');
      local = world.in();
      await world.namespace('shop');
      await world.in('east').backing('shop/web', ['10.1.0.1']);
      await world.in('east').backing('shop/beat', ['10.1.9.1']);
      await local.backing('shop/web', ['10.0.0.1']);
      await local.federated('shop/all', "app == 'web'");
      await local.federated('shop/heard', "app == 'beat'");
      daemon = await world.daemon();
      await local.untilTargets('shop/all', ['(local) 10.0.0.1:8080', 'east 10.1.0.1:8080']);
      await local.untilTargets('shop/heard', ['east 10.1.9.1:8080']);
    });

    after(() => world?.end({ restarted: true }));

    /** What was written since the place, till a change that is made now has been. */
    async function writesTillNow(place: number): Promise<readonly string[]> {
      last++;
      await world.in('east').setEndpoints('shop/beat', [`10.1.9.${last}`]);
      await local.untilTargets('shop/heard', [`east 10.1.9.${last}:8080`], 90_000);
      const writes = await world.audit.writesSince(place);
      return writes.filter((write) => !write.includes('shop/heard'));
    }

    for (const cluster of ['the remote cluster', 'the local cluster'] as const) {
      it(`writes nothing because ${cluster} restarted`, async () => {
        for (let n = 0; n < 3; n++) {
          const place = await world.audit.place();
          const server = cluster === 'the local cluster' ? world.local : world.remote('east');
          if (n > 0) await server.kill();
          await server.restart();
          assert.deepEqual(await writesTillNow(place), [], daemon.output.slice(-2000));
        }
      });
    }
  },
);
