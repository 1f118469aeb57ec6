import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { CLUSTER_LABEL, type ServiceObjects } from './service-objects.ts';
import { World } from './world.ts';

const SERVERS = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const;

withServers('the union of backing services, on real servers', SERVERS, (rig) => {
  let world: World;
  let daemon: DaemonProcess;
  let local: ServiceObjects;
  let east: ServiceObjects;
  let west: ServiceObjects;

  before(async () => {
    world = await World.start(rig, { remotes: ['east', 'west'] });
    await world.join();
    daemon = await world.daemon();
    local = world.in();
    east = world.in('east');
    west = world.in('west');
    for (const name of ['east', 'west']) await daemon.untilStatus(name, 'InSync');
  });

  after(() => world?.end());

  it('shows everything of every cluster to kubectl', async () => {
    await world.namespace('union');
    const pod = { kind: 'Pod', namespace: 'union', name: 'cart-7', uid: 'u7' };
    await east.backing('union/cart', [
      {
        addresses: ['10.1.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'node-1',
        zone: 'a',
        hostname: 'cart-7',
        targetRef: pod,
      },
      { addresses: ['10.1.0.2'], conditions: { ready: false, serving: true, terminating: true } },
    ]);
    await west.backing('union/cart', ['10.2.0.1', 'not-ready 10.2.0.2']);
    await local.backing('union/cart', [{ addresses: ['10.0.0.1'], conditions: {}, targetRef: pod }]);
    await west.backing('union/other', ['10.2.0.9']);
    const uid = await local.federated('union/everywhere', "app == 'cart'");
    await local.untilTargets('union/everywhere', [
      '(local) 10.0.0.1:8080',
      'east 10.1.0.1:8080',
      'east 10.1.0.2:8080 not-ready',
      'west 10.2.0.1:8080',
      'west 10.2.0.2:8080 not-ready',
    ]);
    const slices = await local.slices('union/everywhere');
    assert.equal(slices.length, 3, 'nobody else writes slices for it');
    for (const { metadata } of slices) {
      assert.match(metadata.name, /^everywhere-[0-9a-f]{10}-\d+$/);
      assert.deepEqual(metadata.ownerReferences, [
        { apiVersion: 'v1', kind: 'Service', name: 'everywhere', uid, controller: true },
      ]);
    }
    const of = (cluster: string | undefined) =>
      slices.find(({ metadata }) => metadata.labels[CLUSTER_LABEL] === cluster);
    assert.deepEqual(of('east')?.metadata.labels, {
      'kubernetes.io/service-name': 'everywhere',
      'endpointslice.kubernetes.io/managed-by': 'federated-services.fedsyncd.io',
      [CLUSTER_LABEL]: 'east',
    });
    const [first, second] = of('east')?.endpoints ?? [];
    assert.deepEqual(first, {
      addresses: ['10.1.0.1'],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: 'cart-7',
      zone: 'a',
      targetRef: { ...pod, name: 'east/cart-7' },
    });
    assert.deepEqual(second?.conditions, { ready: false, serving: true, terminating: true });
    assert.equal(of(undefined)?.endpoints?.[0]?.targetRef?.['name'], 'cart-7');

    const table = await world.local.kubectl(['get', 'endpointslices', '-n', 'union', '-L', CLUSTER_LABEL]);
    const row = table.split('\n').find((line) => line.trimEnd().endsWith(' east')) ?? '';
    assert.match(row, /^everywhere-\S+\s+IPv4\s+8080\s+10\.1\.0\.1,10\.1\.0\.2\s/);
    const described = await world.local.kubectl(['describe', 'service', 'everywhere', '-n', 'union']);
    assert.match(described, /Endpoints:.*10\.1\.0\.1:8080/);
  });

  it('follows changes of remote and local endpoints, each in one write', async () => {
    await world.namespace('follow');
    await east.backing('follow/web', ['10.1.1.1', '10.1.1.2']);
    await local.backing('follow/web', ['10.0.1.1']);
    await local.federated('follow/all', "app == 'web'");
    const targets = ['(local) 10.0.1.1:8080', 'east 10.1.1.1:8080', 'east 10.1.1.2:8080'];
    await local.untilTargets('follow/all', targets);
    const place = await world.audit.place();
    await east.setEndpoints('follow/web', ['10.1.1.1', 'not-ready 10.1.1.2', '10.1.1.3']);
    await local.untilTargets('follow/all', [
      '(local) 10.0.1.1:8080',
      'east 10.1.1.1:8080',
      'east 10.1.1.2:8080 not-ready',
      'east 10.1.1.3:8080',
    ]);
    await local.setEndpoints('follow/web', []);
    await east.setEndpoints('follow/web', ['10.1.1.3']);
    await local.untilTargets('follow/all', ['east 10.1.1.3:8080']);
    const writes = await world.audit.writesSince(place);
    assert.equal(writes.length, 3, writes.join('\n'));
    assert.ok(writes.every((write) => /^(patch|delete) endpointslices follow\/all-\S+ 200$/.test(write)));
  });

  it('matches ports by name and protocol, with the numbers of the backing data', async () => {
    await world.namespace('ports');
    await east.backing('ports/dns', ['10.1.2.1'], {
      ports: [
        { name: 'dns', port: 5353, protocol: 'UDP' },
        { name: 'dns-tcp', port: 5354, protocol: 'TCP' },
        { name: 'metrics', port: 9153, protocol: 'TCP' },
      ],
    });
    await west.backing('ports/dns', ['10.2.2.1'], { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] });
    await local.federated('ports/all', "app == 'dns'", {
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 1 },
        { name: 'none', port: 99 },
      ],
    });
    await local.untilTargets('ports/all', ['east 10.1.2.1:5353', 'east 10.1.2.1:5354', 'west 10.2.2.1:53']);
    await east.backing('ports/plain', ['10.1.2.2'], { ports: [{ port: 8081, protocol: 'TCP' }] });
    await local.federated('ports/plain', "app == 'plain'", { ports: [{ port: 80 }] });
    await local.untilTargets('ports/plain', ['east 10.1.2.2:8081']);
    await local.patch('ports/all', { spec: { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] } });
    await local.untilTargets('ports/all', ['east 10.1.2.1:5353', 'west 10.2.2.1:53']);
  });

  it('writes both families, headless services, and services that publish what is not ready', async () => {
    await world.namespace('forms');
    await east.backing('forms/web', ['10.1.3.1', 'not-ready 10.1.3.2']);
    await east.slice('forms/web', ['fd00:1::1'], { addressType: 'IPv6' });
    await local.federated('forms/dual', "app == 'web'", { ipFamilyPolicy: 'RequireDualStack' });
    const all = ['east 10.1.3.1:8080', 'east 10.1.3.2:8080 not-ready', 'east fd00:1::1:8080'];
    await local.untilTargets('forms/dual', all);
    await local.federated('forms/headless', "app == 'web'", { clusterIP: 'None' });
    await local.untilTargets('forms/headless', all);
    await local.federated('forms/portless', "app == 'web'", { clusterIP: 'None', ports: null });
    await until('a slice without ports', async () => (await local.written('forms/portless')).length === 2);
    for (const { ports } of await local.written('forms/portless')) assert.deepEqual(ports ?? [], []);
    await local.federated('forms/eager', "app == 'web'", { publishNotReadyAddresses: true });
    await local.untilTargets('forms/eager', [
      'east 10.1.3.1:8080',
      'east 10.1.3.2:8080',
      'east fd00:1::1:8080',
    ]);
    await local.patch('forms/eager', { spec: { publishNotReadyAddresses: false } });
    await local.untilTargets('forms/eager', all);
  });

  it('is limited to the namespace, tells clusters apart by the implicit label, and cannot be spoofed', async () => {
    for (const name of ['here', 'elsewhere']) await world.namespace(name);
    await east.backing('here/web', ['10.1.4.1'], { labels: { app: 'web', [CLUSTER_LABEL]: 'west' } });
    await west.backing('here/web', ['10.2.4.1'], {
      labels: { app: 'web', 'projectcalico.org/namespace': 'x' },
    });
    await west.backing('elsewhere/web', ['10.2.4.9'], { labels: { app: 'web' } });
    await local.backing('here/web', ['10.0.4.1'], { labels: { app: 'web', [CLUSTER_LABEL]: 'east' } });
    await local.federated('here/only-west', `${CLUSTER_LABEL} == 'west'`);
    await local.federated('here/only-local', `app == 'web' && !has(${CLUSTER_LABEL})`);
    await local.federated('here/namespace', "projectcalico.org/namespace == 'here' && has(app)");
    await local.untilTargets('here/only-west', ['west 10.2.4.1:8080']);
    await local.untilTargets('here/only-local', ['(local) 10.0.4.1:8080']);
    const all = ['(local) 10.0.4.1:8080', 'east 10.1.4.1:8080', 'west 10.2.4.1:8080'];
    await local.untilTargets('here/namespace', all);
    await east.annotate('here/web', { 'federation.tigera.io/serviceSelector': '' });
    await local.untilTargets(
      'here/namespace',
      all.filter((target) => !target.startsWith('east')),
    );
  });

  it("refuses addresses of the local cluster's own service range, and tells the owner", async () => {
    await world.namespace('ranges');
    await east.backing('ranges/web', ['10.1.5.1', '10.96.0.77']);
    await local.federated('ranges/all', "app == 'web'");
    await local.untilTargets('ranges/all', ['east 10.1.5.1:8080']);
    await until('an Event', async () => {
      const text = await world.local.kubectl(['describe', 'service', 'all', '-n', 'ranges']);
      return /Warning\s+AddressRefused.*10\.96\.0\.77 .*of east/.test(text);
    });
  });

  it('gives a service over 100 endpoints as many slices as needed, and moves none of the rest', async () => {
    await world.namespace('many');
    const address = (n: number): string => `10.3.${Math.floor(n / 250)}.${(n % 250) + 1}`;
    const all = Array.from({ length: 230 }, (_, n) => address(n));
    await east.backing('many/web', all);
    await local.federated('many/all', "app == 'web'");
    await local.untilTargets(
      'many/all',
      all.map((ip) => `east ${ip}:8080`),
    );
    assert.equal((await local.written('many/all')).length, 3);
    const place = await world.audit.place();
    const fewer = all.filter((_, n) => n !== 115);
    await east.setEndpoints('many/web', fewer);
    await local.untilTargets(
      'many/all',
      fewer.map((ip) => `east ${ip}:8080`),
    );
    assert.equal((await world.audit.writesSince(place)).length, 1);
  });
});
