import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { PlanDocument } from '../../../src/contract/controller-documents.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import type { ServiceObjects } from './service-objects.ts';
import { killed, World } from './world.ts';

const SERVERS = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const;

withServers('restarts of the daemon, on real servers', SERVERS, (rig) => {
  let world: World;
  let local: ServiceObjects;
  let east: ServiceObjects;
  let west: ServiceObjects;
  let beat = 0;

  before(async () => {
    world = await World.start(rig, { remotes: ['east', 'west'] });
    await world.join();
    local = world.in();
    east = world.in('east');
    west = world.in('west');
    await world.namespace('shop');
    await world.namespace('beat');
    await east.backing('shop/web', ['10.1.0.1', 'not-ready 10.1.0.2', '10.1.0.3']);
    await west.backing('shop/web', ['10.2.0.1']);
    await west.slice('shop/web', ['fd00:2::1'], { addressType: 'IPv6' });
    await local.backing('shop/web', ['10.0.0.1']);
    for (let n = 0; n < 5; n++) await local.federated(`shop/all-${n}`, "app == 'web'");
    await local.federated('shop/broken', '!!');
    await west.backing('beat/web', ['10.2.9.0']);
    await local.federated('beat/all', "app == 'web'");
    const first = await world.daemon();
    await untilWritten();
    await first.stop();
  });

  after(() => world?.end());

  const TARGETS = [
    '(local) 10.0.0.1:8080',
    'east 10.1.0.1:8080',
    'east 10.1.0.2:8080 not-ready',
    'east 10.1.0.3:8080',
    'west 10.2.0.1:8080',
    'west fd00:2::1:8080',
  ];

  async function untilWritten(targets: readonly string[] = TARGETS): Promise<void> {
    for (let n = 0; n < 5; n++) await local.untilTargets(`shop/all-${n}`, targets);
  }

  /** What was written since the place, once a change that was made now has been written too; without that one. */
  async function writtenBesidesABeat(place: number): Promise<readonly string[]> {
    beat++;
    await west.setEndpoints('beat/web', [`10.2.9.${beat}`]);
    await local.untilTargets('beat/all', [`west 10.2.9.${beat}:8080`]);
    const writes = await world.audit.writesSince(place);
    const beats = writes.filter((write) => write.includes(' beat/'));
    assert.equal(beats.length, 1, beats.join('\n'));
    return writes.filter((write) => !write.includes(' beat/'));
  }

  async function plan(daemon: DaemonProcess): Promise<PlanDocument> {
    return JSON.parse((await daemon.get('/plan')).body) as PlanDocument;
  }

  async function untilComplete(daemon: DaemonProcess, ...held: readonly string[]): Promise<void> {
    await until('every cluster to be complete', async () => {
      const document = await plan(daemon);
      return document.services === 7 && document.held.map(({ cluster }) => cluster).join() === held.join();
    });
  }

  for (const [how, end] of [
    ['SIGTERM', (daemon: DaemonProcess) => daemon.stop()],
    ['SIGKILL', killed],
  ] as const) {
    it(`writes nothing after ${how} and a restart where nothing changed`, async () => {
      for (const flags of [[], ['--lease-duration=15s']]) {
        const place = await world.audit.place();
        const daemon = await world.daemon(...flags);
        await untilComplete(daemon);
        const writes = await writtenBesidesABeat(place);
        // The owner of `broken` is told again: the Event is counted up.
        assert.deepEqual(
          writes.filter((write) => !write.includes(' events ')),
          [],
        );
        await end(daemon);
        await untilWritten();
      }
    });
  }

  it('writes after a restart what changed meanwhile, and only that', async () => {
    await east.setEndpoints('shop/web', ['10.1.0.1', '10.1.0.2', '10.1.0.3']);
    await local.annotate('shop/all-4', { 'federation.tigera.io/serviceSelector': 'app == "none"' });
    const place = await world.audit.place();
    const daemon = await world.daemon();
    const targets = TARGETS.map((target) => target.replace(' not-ready', ''));
    for (let n = 0; n < 4; n++) await local.untilTargets(`shop/all-${n}`, targets);
    await local.untilTargets('shop/all-4', []);
    const writes = (await writtenBesidesABeat(place)).filter((write) => !write.includes(' events '));
    assert.equal(writes.filter((write) => write.startsWith('patch endpointslices shop/all-')).length, 4);
    assert.equal(writes.filter((write) => write.startsWith('delete endpointslices shop/all-4')).length, 4);
    assert.equal(writes.length, 8, writes.join('\n'));
    await east.setEndpoints('shop/web', ['10.1.0.1', 'not-ready 10.1.0.2', '10.1.0.3']);
    await local.annotate('shop/all-4', { 'federation.tigera.io/serviceSelector': "app == 'web'" });
    await untilWritten();
    await daemon.stop();
  });

  it('keeps what a cluster that is down had, and changes the rest', async () => {
    await world.remote('east').kill();
    const place = await world.audit.place();
    const daemon = await world.daemon();
    await daemon.untilStatus('east', 'NotConnecting');
    await untilComplete(daemon, 'east');
    await west.setEndpoints('shop/web', ['10.2.0.1', '10.2.0.2']);
    await untilWritten([...TARGETS, 'west 10.2.0.2:8080']);
    await west.setEndpoints('shop/web', ['10.2.0.1']);
    await untilWritten();
    await local.remove('shop/all-3');
    const uid = await local.federated('shop/all-3', "app == 'web'");
    await until('slices of the new service', async () => {
      const written = await local.written('shop/all-3');
      const owners = new Set(written.map(({ metadata }) => metadata.ownerReferences?.[0]?.['uid']));
      return owners.size === 1 && owners.has(uid) && written.length === 3;
    });
    const writes = (await writtenBesidesABeat(place)).filter((write) => / shop\/all-[0124]/.test(write));
    assert.equal(writes.length, 8, writes.join('\n'));
    await world.remote('east').restart();
    await daemon.untilStatus('east', 'InSync', 30_000);
    await untilWritten();
    await daemon.stop();
  });

  it('withdraws a cluster whose RCC went while the daemon was away', async () => {
    await world.leave('east');
    const daemon = await world.daemon();
    await untilWritten(TARGETS.filter((target) => !target.startsWith('east')));
    await world.join('east');
    await untilWritten();
    await daemon.stop();
  });

  it('writes nothing in a dry run, and says what it would', async () => {
    await east.setEndpoints('shop/web', ['10.1.0.9']);
    const place = await world.audit.place();
    const daemon = await world.daemon('--dry-run');
    await untilComplete(daemon);
    await until('the plans', () => daemon.lines.filter(({ event }) => event === 'write.planned').length >= 5);
    const document = await plan(daemon);
    assert.deepEqual(document.totals, { create: 0, update: 5, delete: 0, label: 0 });
    assert.equal(document.dryRun, true);
    assert.equal(document.mayWrite, false);
    const [edit] = document.edits;
    assert.deepEqual(
      [edit?.cluster, edit?.added, edit?.removed],
      ['east', ['10.1.0.9 ready'], ['10.1.0.1 ready', '10.1.0.2 not ready', '10.1.0.3 ready']],
    );
    await east.setEndpoints('shop/web', ['10.1.0.1', 'not-ready 10.1.0.2', '10.1.0.3']);
    await until('an empty plan', async () => (await plan(daemon)).edits.length === 0);
    await daemon.stop();
    assert.deepEqual(
      (await world.audit.since(place)).filter(({ verb }) => !/^(get|list|watch)$/.test(verb)),
      [],
    );
  });

  it('finishes after kill -9 between two writes what it had begun', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `shop/late-${n}`);
    await Promise.all(names.map((name) => local.federated(name, "app == 'web'")));
    const place = await world.audit.place();
    const first = await world.daemon('--max-parallel-writes=1');
    await until('some writes', async () => (await world.audit.writesSince(place)).length >= 30, {
      everyMs: 1,
    });
    await killed(first);
    const begun = await world.audit.writesSince(place);
    assert.ok(begun.length < names.length * 4, 'it was killed too late');
    const daemon = await world.daemon();
    for (const name of names) await local.untilTargets(name, TARGETS);
    const writes = (await world.audit.writesSince(place)).filter((write) =>
      write.includes('create endpointslices'),
    );
    assert.equal(writes.length, names.length * 4, 'each slice once');
    await daemon.stop();
  });
});
