import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { ServiceExplainDocument } from '../../../src/contract/controller-documents.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { DaemonProcess } from '../../support/daemon-process.ts';
import type { ServiceObjects } from './service-objects.ts';
import { World } from './world.ts';

withServers('commands about federated services', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let world: World;
  let daemon: DaemonProcess;
  let local: ServiceObjects;
  let east: ServiceObjects;
  let west: ServiceObjects;

  before(async () => {
    world = await World.start(rig, { remotes: ['east', 'west'], controllers: false });
    await world.join();
    local = world.in();
    east = world.in('east');
    west = world.in('west');
    await world.namespace('shop');
    await east.backing('shop/web', ['10.1.0.1', 'not-ready 10.1.0.2']);
    await east.backing('shop/lone', ['10.1.0.3']);
    await west.backing('shop/web', ['10.2.0.1', '127.0.0.1'].slice(0, 1));
    await west.backing('shop/other', ['10.2.0.9'], { ports: [{ name: 'grpc', port: 9, protocol: 'TCP' }] });
    await local.federated('shop/all', "app == 'web'");
    await local.federated('shop/lone', "app == 'lone'");
    await local.federated('shop/broken', '!!');
    daemon = await world.daemon('--lease-duration=3s', '--renew-deadline=2s', '--retry-period=200ms');
    await local.untilTargets('shop/all', [
      'east 10.1.0.1:8080',
      'east 10.1.0.2:8080 not-ready',
      'west 10.2.0.1:8080',
    ]);
    await local.untilTargets('shop/lone', ['east 10.1.0.3:8080']);
  });

  after(() => world?.end());

  async function run(
    ...words: readonly string[]
  ): Promise<{ readonly code: number | null; readonly output: string }> {
    const process = DaemonProcess.spawn(words);
    const code = await process.ended();
    return { code, output: process.output };
  }

  const ask = (...words: readonly string[]) => run(...words, '--ops-address', daemon.opsAddress);

  it('explain shows candidates, reasons, slices and the last write', async () => {
    const { code, output } = await ask('explain', 'shop/all');
    assert.equal(code, 0, output);
    for (const pattern of [
      /^shop\/all is federated/,
      /Selector: app == 'web'/,
      /east +web +yes +http\S* \S+ +1\/2/,
      /west +web +yes +http\S* \S+ +1\/1/,
      /west +other +no /,
      /all-[0-9a-f]{10}-\d+ +east +IPv4 +http 8080\/TCP +1\/2/,
      /nothing to write; this daemon writes/,
      /Last write: \S+: create EndpointSlice all-/,
    ]) {
      assert.match(output, pattern);
    }
    const json = await ask('explain', 'shop/all', '-o', 'json');
    const document = JSON.parse(json.output) as ServiceExplainDocument;
    assert.equal(document.objects.length, 2);
    assert.ok(document.candidates.length >= 3);
    const broken = await ask('explain', 'shop/broken');
    assert.equal(broken.code, 1);
    assert.match(broken.output, /shop\/broken is bad-selector: not federated/);
    const none = await ask('explain', 'shop/none');
    assert.notEqual(none.code, 0);
    assert.match(none.output, /shop\/none/);
  });

  it('plan says that nothing is to be written, and what the removal of a cluster would do', async () => {
    const now = await ask('plan');
    assert.equal(now.code, 0, now.output);
    assert.match(now.output, /Nothing to write: all 3 federated services/);
    const without = await ask('plan', '--without', 'east');
    assert.equal(without.code, 1, without.output);
    assert.match(
      without.output,
      /- delete EndpointSlice shop\/all-\S+ \(service all, cluster east; withdraw\)/,
    );
    assert.match(without.output, /- 10\.1\.0\.1 ready/);
    assert.match(without.output, /Warning: shop\/lone would have no ready endpoint any more/);
    assert.doesNotMatch(without.output, /cluster west/);
    assert.match(without.output, /0 to create, 0 to update, 2 to delete/);
    const unknown = await ask('plan', '--without', 'nowhere');
    assert.match(unknown.output, /nowhere/);
    const before = await local.targets('shop/all');
    assert.equal(await local.targets('shop/all'), before);
  });

  it('metrics count services, endpoints, edits, and the time to the write', async () => {
    const patterns = [
      /^fedsyncd_federated_services\{.*state="federated".*\} 2$/m,
      /^fedsyncd_federated_services\{.*state="bad-selector".*\} 1$/m,
      /^fedsyncd_\w+\{.*op="create".*\} \d+$/m,
      /^fedsyncd_\w+_bucket\{le="\+Inf"\} [1-9]/m,
    ];
    // What was there before the start has no time at which it was seen.
    await east.setEndpoints('shop/lone', ['10.1.0.4']);
    await local.untilTargets('shop/lone', ['east 10.1.0.4:8080']);
    for (const pattern of patterns) {
      await until(`metrics with ${pattern.source}`, async () =>
        pattern.test((await daemon.get('/metrics')).body),
      );
    }
  });

  it('cleanup refuses while a daemon leads, and then deletes what is ours alone', async () => {
    await local.slice('shop/all', ['10.9.9.9']);
    const words = ['cleanup', '--kubeconfig', await world.kubeconfig(), '--lease-namespace', 'calico-system'];
    const refused = await run(...words);
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /Lease calico-system\/fedsyncd: refused: is held by/);
    assert.equal((await local.written('shop/all')).length, 2);
    await daemon.stop();
    const dry = await run(...words, '--dry-run');
    assert.equal(dry.code, 0, dry.output);
    assert.match(dry.output, /3 to do; nothing was touched/);
    assert.equal((await local.written('shop/all')).length, 2);
    const done = await run(...words);
    assert.equal(done.code, 0, done.output);
    assert.match(done.output, /3 done; nothing is left/);
    await until('nothing of ours', async () => (await local.targets('shop/all')) === '');
    assert.equal((await local.slices('shop/all')).length, 1, 'the one by hand stays');
    assert.equal((await local.slices('shop/lone')).length, 0);
  });
});
