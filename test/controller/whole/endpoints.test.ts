import assert from 'node:assert/strict';
import { after, afterEach, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import { SELECTOR, type ServiceObjects } from './service-objects.ts';
import { TargetWatch } from './target-watch.ts';
import { World } from './world.ts';

const SERVERS = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const;
const MIRROR = 'endpointslicemirroring-controller.k8s.io';
/** Real controllers take their time. */
const PATIENT = { timeoutMs: 30_000 };
const TARGETS = '10.0.0.1:8080 10.1.0.1:8080 10.1.0.2:8080';

withServers('Endpoints beside the mirroring controller, written and taken over', SERVERS, (rig) => {
  let world: World;
  let daemon: DaemonProcess | undefined;
  let local: ServiceObjects;
  let watch: TargetWatch;

  before(async () => {
    world = await World.start(rig);
    await world.join();
    local = world.in();
  });

  afterEach(async () => {
    await watch.stop();
    await daemon?.stop();
  });
  after(() => world?.end());

  async function federated(namespace: string): Promise<void> {
    await world.namespace(namespace);
    await world.in('east').backing(`${namespace}/web`, ['10.1.0.1', '10.1.0.2', 'not-ready 10.1.0.3']);
    await local.backing(`${namespace}/web`, ['10.0.0.1']);
    await local.federated(`${namespace}/all`, "app == 'web'");
    watch = await TargetWatch.start(world.local, namespace, 'all');
  }

  const path = (namespace: string) => `/api/v1/namespaces/${namespace}/endpoints`;

  /** As an earlier controller leaves it. */
  function left(): object {
    const addresses = ['10.0.0.1', '10.1.0.1', '10.1.0.2'].map((ip) => ({ ip }));
    return {
      metadata: { name: 'all', annotations: { [SELECTOR]: "app == 'web'" } },
      subsets: [{ addresses, ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }],
    };
  }

  async function untilOnly(writer: string): Promise<void> {
    const asked = () => watch.writers === writer && watch.repeated.join(' ') === TARGETS;
    await until(`all slices to be those of ${writer}`, asked, PATIENT).catch((error: unknown) => {
      throw new Error(
        `${String(error)}; ${watch.writers}: ${watch.repeated.join(' ')}\n${daemon?.output.slice(-3000) ?? ''}`,
      );
    });
  }

  it('takes a service over without a gap and without duplicates, and stops when another one writes it', async () => {
    await federated('taken');
    await local.expect(201, 'POST', path('taken'), left());
    await untilOnly(MIRROR);
    watch.forget();
    daemon = await world.daemon();
    await untilOnly('us');
    watch.assertAlways(TARGETS);
    const { body } = await local.expect(200, 'GET', `${path('taken')}/all`);
    assert.equal(body.metadata.labels['endpointslice.kubernetes.io/skip-mirror'], 'true');
    assert.equal(body.subsets[0].addresses.length, 3, 'it stays for the way back');
    await daemon.stop();
    const place = await world.audit.place();
    daemon = await world.daemon();
    await world.in('east').setEndpoints('taken/web', ['10.1.0.1', '10.1.0.2']);
    await until('a write', async () => (await world.audit.writesSince(place)).length > 0);
    await local.untilTargets('taken/all', [
      '(local) 10.0.0.1:8080',
      'east 10.1.0.1:8080',
      'east 10.1.0.2:8080',
    ]);
    assert.equal((await world.audit.writesSince(place)).length, 1, 'a restart takes nothing over again');
    await local.expect(200, 'PUT', `${path('taken')}/all`, left());
    await until('an Event', async () =>
      /Warning\s+AnotherController .*fedsyncd/.test(
        await world.local.kubectl(['describe', 'service', 'all', '-n', 'taken']),
      ),
    );
    const writes = (await world.audit.writesSince(place)).filter((write) => write.includes(' endpoints '));
    assert.deepEqual(writes, []);
  });

  it('writes Endpoints, and goes to slices and back without a gap', async () => {
    await federated('both');
    daemon = await world.daemon('--service-output=endpoints');
    await untilOnly(MIRROR);
    const { body } = await local.expect(200, 'GET', `${path('both')}/all`);
    assert.equal(body.metadata.annotations[SELECTOR], "app == 'web'");
    assert.equal(body.metadata.ownerReferences, undefined);
    assert.deepEqual(
      body.subsets.map((subset: Record<string, readonly { ip: string }[]>) => [
        subset['addresses']?.map(({ ip }) => ip),
        subset['notReadyAddresses']?.map(({ ip }) => ip),
      ]),
      [[['10.0.0.1', '10.1.0.1', '10.1.0.2'], ['10.1.0.3']]],
    );
    watch.forget();
    await daemon.stop();
    daemon = await world.daemon();
    await untilOnly('us');
    watch.assertAlways(TARGETS);
    await daemon.stop();
    daemon = await world.daemon('--service-output=endpoints');
    await untilOnly(MIRROR);
    watch.assertAlways(TARGETS);
    await daemon.stop();
    const place = await world.audit.place();
    daemon = await world.daemon('--service-output=endpoints');
    await world.in('east').setEndpoints('both/web', ['10.1.0.1']);
    await until('the change', () => watch.targets === '10.0.0.1:8080 10.1.0.1:8080', PATIENT);
    assert.deepEqual(
      (await world.audit.writesSince(place)).filter((write) => write.includes(' both/')),
      ['patch endpoints both/all 200'],
    );
    await local.annotate('both/all', { [SELECTOR]: null });
    await until(
      'no Endpoints',
      async () => (await world.local.call('GET', `${path('both')}/all`)).status === 404,
    );
  });

  it('leaves Endpoints alone that are not its own', async () => {
    await federated('foreign');
    const subsets = [{ addresses: [{ ip: '10.9.9.9' }], ports: [{ name: 'http', port: 1 }] }];
    await local.expect(201, 'POST', path('foreign'), { metadata: { name: 'all' }, subsets });
    const place = await world.audit.place();
    daemon = await world.daemon('--service-output=endpoints');
    await until('the reason', async () =>
      /Endpoints foreign\/all is not ours/.test(
        (await daemon?.get('/explain?service=foreign/all'))?.body ?? '',
      ),
    );
    const writes = (await world.audit.writesSince(place)).filter((write) => / foreign\//.test(write));
    assert.deepEqual(
      writes.filter((write) => !write.includes(' events ')),
      [],
    );
  });
});
