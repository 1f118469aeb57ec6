import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { isList } from './audit-log.ts';
import { type ServiceObjects, slicesPath } from './service-objects.ts';
import { World } from './world.ts';

const POLICIES = '/apis/admissionregistration.k8s.io/v1';

withServers('an API server that refuses, stalls or is busy', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let world: World;
  let local: ServiceObjects;
  let east: ServiceObjects;
  let daemon: DaemonProcess | undefined;

  before(async () => {
    world = await World.start(rig, { controllers: false });
    await world.join();
    local = world.in();
    east = world.in('east');
  });

  afterEach(async () => {
    await daemon?.stop();
    daemon = undefined;
  });
  after(() => world?.end({ restarted: true }));

  async function federated(namespace: string, ...names: readonly string[]): Promise<void> {
    await world.namespace(namespace);
    await east.backing(`${namespace}/web`, ['10.1.0.1']);
    await Promise.all(names.map((name) => local.federated(`${namespace}/${name}`, "app == 'web'")));
  }

  it('says which slice is refused by admission, goes on with the rest, and comes back to it', async () => {
    await federated('denied', 'good', 'bad');
    const name = 'no-bad-slices';
    await local.expect(201, 'POST', `${POLICIES}/validatingadmissionpolicies`, {
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['discovery.k8s.io'],
              apiVersions: ['v1'],
              operations: ['CREATE', 'UPDATE'],
              resources: ['endpointslices'],
            },
          ],
        },
        validations: [{ expression: "!object.metadata.name.startsWith('bad-')", message: 'not here' }],
      },
    });
    await local.expect(201, 'POST', `${POLICIES}/validatingadmissionpolicybindings`, {
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    });
    const probe = { metadata: { name: 'bad-probe' }, addressType: 'IPv4', endpoints: [] };
    await until('the policy to act', async () => {
      const { status } = await world.local.call('POST', `${slicesPath('denied')}?dryRun=All`, probe);
      return status === 422;
    });
    daemon = await world.daemon();
    await local.untilTargets('denied/good', ['east 10.1.0.1:8080']);
    await until('an Event', async () =>
      /Warning\s+SliceRefused .*fedsyncd.*not here/.test(
        await world.local.kubectl(['describe', 'service', 'bad', '-n', 'denied']),
      ),
    );
    await east.setEndpoints('denied/web', ['10.1.0.2']);
    await local.untilTargets('denied/good', ['east 10.1.0.2:8080']);
    await local.untilTargets('denied/bad', []);
    const explained = await daemon.get('/explain?service=denied/bad');
    assert.match(explained.body, /not here/);
    await local.expect(200, 'DELETE', `${POLICIES}/validatingadmissionpolicybindings/${name}`);
    await until('the policy to end', async () => {
      const { status } = await world.local.call('POST', `${slicesPath('denied')}?dryRun=All`, probe);
      return status === 201;
    });
    await east.setEndpoints('denied/web', ['10.1.0.3']);
    await local.untilTargets('denied/bad', ['east 10.1.0.3:8080']);
  });

  it('writes every service once the API server that stalled goes on', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `all-${n}`);
    await federated('stalled', ...names);
    daemon = await world.daemon('--write-timeout=500ms');
    for (const name of names) await local.untilTargets(`stalled/${name}`, ['east 10.1.0.1:8080']);
    world.local.pause();
    await east.setEndpoints('stalled/web', ['10.1.0.2']);
    await until('writes that failed', () => daemon?.lines.some(({ event }) => event === 'write.refused'));
    await east.setEndpoints('stalled/web', ['10.1.0.3']);
    world.local.resume();
    for (const name of names) await local.untilTargets(`stalled/${name}`, ['east 10.1.0.3:8080']);
  });

  it('writes every service where the API server answers 429', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `all-${n}`);
    await federated('busy', ...names);
    await world.local.restart(['--enable-priority-and-fairness=false', '--max-mutating-requests-inflight=3']);
    const place = await world.audit.place();
    daemon = await world.daemon();
    for (const name of names) await local.untilTargets(`busy/${name}`, ['east 10.1.0.1:8080'], 30_000);
    const creates = await world.audit.writesSince(place);
    assert.ok(creates.filter((write) => write.endsWith(' 429')).length > 0, 'it was never refused');
    assert.equal(creates.filter((write) => / busy\/all-.* 201$/.test(write)).length, 30);
    await world.local.restart();
  });

  it('compares everything again each --reconcile-period, and writes nothing by that', async () => {
    await federated('period', 'all');
    daemon = await world.daemon('--reconcile-period=1s');
    await local.untilTargets('period/all', ['east 10.1.0.1:8080']);
    const place = await world.audit.place();
    await until('three rounds', async () => {
      const lists = (await world.audit.since(place)).filter(isList);
      return lists.filter(({ requestURI }) => requestURI.includes('managed-by')).length >= 3;
    });
    await east.setEndpoints('period/web', ['10.1.0.9']);
    await local.untilTargets('period/all', ['east 10.1.0.9:8080']);
    assert.equal((await world.audit.writesSince(place)).length, 1);
  });
});
