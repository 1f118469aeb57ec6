import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import type { DaemonProcess } from '../../support/daemon-process.ts';
import {
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SELECTOR,
  type ServiceObjects,
  type SliceObject,
  slicesPath,
} from './service-objects.ts';
import { World } from './world.ts';

const SERVERS = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const;
/** Real controllers take their time. */
const PATIENT = { timeoutMs: 30_000 };

withServers('the life of a federated service, beside real controllers', SERVERS, (rig) => {
  let world: World;
  let daemon: DaemonProcess;
  let local: ServiceObjects;
  let east: ServiceObjects;

  before(async () => {
    world = await World.start(rig);
    await world.join();
    daemon = await world.daemon();
    local = world.in();
    east = world.in('east');
    await daemon.untilStatus('east', 'InSync');
  });

  after(() => world?.end());

  /** A namespace with a remote service `web` and a local one `all` that it backs. */
  async function federated(namespace: string): Promise<string> {
    await world.namespace(namespace);
    await east.backing(`${namespace}/web`, ['10.1.0.1', '10.1.0.2']);
    const uid = await local.federated(`${namespace}/all`, "app == 'web'");
    await local.untilTargets(`${namespace}/all`, BOTH);
    return uid;
  }

  const BOTH = ['east 10.1.0.1:8080', 'east 10.1.0.2:8080'];

  async function untilDescribed(namespace: string, pattern: RegExp): Promise<void> {
    await until(`${String(pattern)} in kubectl describe`, async () =>
      pattern.test(await world.local.kubectl(['describe', 'service', 'all', '-n', namespace])),
    );
  }

  it('withdraws where the selector is broken, empty or taken away, and says so by an Event', async () => {
    await federated('selectors');
    await local.annotate('selectors/all', { [SELECTOR]: "app == 'web" });
    await local.untilTargets('selectors/all', []);
    await untilDescribed('selectors', /Warning\s+BadServiceSelector .*fedsyncd.*not federated/);
    await local.annotate('selectors/all', { [SELECTOR]: 'has(app)' });
    await local.untilTargets('selectors/all', BOTH);
    await local.annotate('selectors/all', { [SELECTOR]: '' });
    await local.untilTargets('selectors/all', []);
    await untilDescribed('selectors', /Warning\s+EmptyServiceSelector .*fedsyncd/);
    await local.annotate('selectors/all', { [SELECTOR]: 'all()' });
    await local.untilTargets('selectors/all', BOTH);
    await local.annotate('selectors/all', { [SELECTOR]: null });
    await local.untilTargets('selectors/all', []);
  });

  it('leaves a service to Kubernetes while it has a spec.selector', async () => {
    await federated('handover');
    await local.patch('handover/all', { spec: { selector: { app: 'nobody' } } });
    await local.untilTargets('handover/all', []);
    await untilDescribed('handover', /Warning\s+HasSelector .*fedsyncd/);
    await until(
      'a slice of Kubernetes',
      async () => (await local.slices('handover/all')).length === 1,
      PATIENT,
    );
    await local.patch('handover/all', { spec: { selector: null } });
    await local.untilTargets('handover/all', BOTH);
  });

  it('has its slices collected with the service, and makes new ones for a new service of the name', async () => {
    const before = await federated('again');
    await local.remove('again/all');
    await until('no slices', async () => (await local.slices('again/all')).length === 0, PATIENT);
    const uid = await local.federated('again/all', "app == 'web'");
    assert.notEqual(uid, before);
    await local.untilTargets('again/all', BOTH);
    await local.remove('again/all');
    const last = await local.federated('again/all', "app == 'web'");
    await until(
      'the slices of the new one alone',
      async () => {
        const owners = (await local.slices('again/all')).map(
          (slice) => slice.metadata.ownerReferences?.[0]?.['uid'],
        );
        return owners.length === 1 && owners[0] === last;
      },
      PATIENT,
    );
    await local.untilTargets('again/all', BOTH);
  });

  it('collects slices whose service went without them, or that have none at all', async () => {
    await federated('lost');
    const path = '/api/v1/namespaces/lost/services/all?propagationPolicy=Orphan';
    await local.expect(200, 'DELETE', path);
    const ours = { [MANAGED_BY_LABEL]: MANAGED_BY };
    const slice = { addressType: 'IPv4', ports: [], endpoints: [] };
    const stray = { ...slice, metadata: { name: 'stray', labels: ours } };
    const others = { ...slice, metadata: { name: 'others', labels: { [MANAGED_BY_LABEL]: 'me' } } };
    for (const body of [stray, others]) await local.expect(201, 'POST', slicesPath('lost'), body);
    await until('the one of others alone', async () => {
      const { body } = await local.expect(200, 'GET', slicesPath('lost'));
      return body.items.map((item: SliceObject) => item.metadata.name).join() === 'others';
    });
  });

  it('lets a namespace go, and serves it when it is made again', async () => {
    await federated('leaving');
    await local.expect(200, 'DELETE', '/api/v1/namespaces/leaving');
    const gone = async () => (await world.local.call('GET', '/api/v1/namespaces/leaving')).status === 404;
    await until('the namespace to go', gone, PATIENT);
    await local.namespace('leaving');
    await local.federated('leaving/all', "app == 'web'");
    await local.untilTargets('leaving/all', BOTH);
  });

  it("repairs others' edits and deletions of its slices at once, and keeps their labels", async () => {
    await federated('repair');
    const [slice] = await local.written('repair/all');
    assert(slice !== undefined);
    const path = `${slicesPath('repair')}/${slice.metadata.name}`;
    const [endpoint] = slice.endpoints ?? [];
    await local.expect(200, 'PATCH', path, {
      metadata: { labels: { team: 'x' }, annotations: { note: 'y' } },
      endpoints: [{ ...endpoint, addresses: ['10.9.9.9'] }],
    });
    await local.untilTargets('repair/all', BOTH);
    const [repaired] = await local.written('repair/all');
    assert.equal(repaired?.metadata.uid, slice.metadata.uid);
    assert.equal(repaired?.metadata.labels['team'], 'x');
    assert.equal(repaired?.metadata.annotations?.['note'], 'y');
    await local.expect(200, 'DELETE', path);
    await until('another slice', async () => {
      const [other] = await local.written('repair/all');
      return other !== undefined && other.metadata.uid !== slice.metadata.uid;
    });
    await local.untilTargets('repair/all', BOTH);
    const [made] = await local.written('repair/all');
    await local.expect(200, 'PATCH', `${slicesPath('repair')}/${made?.metadata.name ?? ''}`, {
      metadata: { ownerReferences: null },
    });
    await until('its owner', async () => {
      const [owned] = await local.written('repair/all');
      return owned?.metadata.ownerReferences?.[0]?.['controller'] === true;
    });
    await local.expect(200, 'PATCH', `${slicesPath('repair')}/${made?.metadata.name ?? ''}`, {
      metadata: { labels: { 'kubernetes.io/service-name': 'other' } },
    });
    await local.untilTargets('repair/all', BOTH);
    await local.untilTargets('repair/other', []);
  });

  it('touches nothing without its label, not even at a name that it wants', async () => {
    await federated('others');
    const [slice] = await local.written('others/all');
    const name = slice?.metadata.name ?? '';
    const path = `${slicesPath('others')}/${name}`;
    // Taken from us: whoever changes the label owns it.
    await local.expect(200, 'PATCH', path, { metadata: { labels: { [MANAGED_BY_LABEL]: 'me' } } });
    await local.untilTargets('others/all', BOTH);
    const ours = await local.written('others/all');
    assert.equal(ours.length, 1);
    assert.notEqual(ours[0]?.metadata.name, name);
    const theirs = (await local.slices('others/all')).find(({ metadata }) => metadata.name === name);
    await east.setEndpoints('others/web', ['10.1.0.3']);
    await local.untilTargets('others/all', ['east 10.1.0.3:8080']);
    await local.annotate('others/all', { [SELECTOR]: 'none==1' });
    await local.untilTargets('others/all', []);
    const [left] = await local.slices('others/all');
    assert.equal(left?.metadata.resourceVersion, theirs?.metadata.resourceVersion);
  });

  it('comes to the right end while kubectl edits the same slices', async () => {
    await federated('race');
    const place = await world.audit.place();
    const racing = new AbortController();
    const edits = (async () => {
      for (let n = 0; !racing.signal.aborted; n++) {
        const [slice] = await local.written('race/all');
        const path = `${slicesPath('race')}/${slice?.metadata.name ?? ''}`;
        await world.local.call('PATCH', path, { metadata: { annotations: { edit: String(n) } } });
      }
    })();
    for (let n = 1; n <= 40; n++) await east.setEndpoints('race/web', [`10.1.7.${n}`]);
    await local.untilTargets('race/all', ['east 10.1.7.40:8080']);
    racing.abort();
    await edits;
    const [slice] = await local.written('race/all');
    assert.match(slice?.metadata.annotations?.['edit'] ?? '', /^\d+$/);
    const writes = await world.audit.writesSince(place);
    assert.ok(writes.length <= 120, `${writes.length} writes`);
  });
});
