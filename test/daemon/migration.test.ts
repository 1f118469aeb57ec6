import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { type Rig, withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { created, rccText, replaceFile } from './remote-fixture.ts';
import { Vigil } from './vigil.ts';

const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;
const V1 = 'crd.projectcalico.org';
const V3 = 'projectcalico.org';
type Group = typeof V1 | typeof V3;

const PATHS: Readonly<Record<Group, string>> = {
  [V1]: '/apis/crd.projectcalico.org/v1',
  [V3]: '/apis/projectcalico.org/v3',
};
const VERSIONS: Readonly<Record<Group, string>> = {
  [V1]: 'crd.projectcalico.org/v1',
  [V3]: 'projectcalico.org/v3',
};

interface HostEndpointSpec {
  readonly name: string;
  readonly ip: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

async function createHostEndpoint(kube: KubeApiserver, group: Group, host: HostEndpointSpec): Promise<void> {
  await created(kube, `${PATHS[group]}/hostendpoints`, {
    apiVersion: VERSIONS[group],
    kind: 'HostEndpoint',
    metadata: { name: host.name, ...host.metadata },
    spec: { node: 'node-1', interfaceName: 'eth0', expectedIPs: [host.ip] },
  });
}

async function setReady(kube: KubeApiserver, group: Group, ready: boolean): Promise<void> {
  const path = `${PATHS[group]}/clusterinformations`;
  const spec = { clusterGUID: '0123456789abcdef0123456789abcdef', datastoreReady: ready };
  const answer = await kube.call('PATCH', `${path}/default`, { spec });
  if (answer.status === 200) return;
  assert.equal(answer.status, 404);
  const metadata = { name: 'default' };
  await created(kube, path, { apiVersion: VERSIONS[group], kind: 'ClusterInformation', metadata, spec });
}

/** The CRDs of a group, and with them its objects. */
async function deleteCrds(kube: KubeApiserver, group: Group): Promise<void> {
  for (const resource of ['hostendpoints', 'ippools', 'clusterinformations']) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${resource}.${group}`;
    assert.equal((await kube.call('DELETE', path)).status, 200);
  }
  await until('the group to be gone', async () => (await kube.call('GET', PATHS[group])).status === 404);
}

interface Remote {
  readonly kube: KubeApiserver;
  readonly daemon: DaemonProcess;
}

async function startRemote(rig: Rig, prepare: (kube: KubeApiserver) => Promise<void>): Promise<Remote> {
  const [kube, directory] = await Promise.all([rig.kubeApiserver(), rig.directory()]);
  await prepare(kube);
  await mkdir(join(directory, 'rcc'));
  const spec = { datastoreType: 'kubernetes', kubeconfigInline: kube.kubeconfig() };
  await replaceFile(join(directory, 'rcc/remote.json'), rccText('remote', spec));
  const daemon = await DaemonProcess.start(['--rcc-directory', join(directory, 'rcc')]);
  await daemon.untilStatus('remote', 'InSync');
  return { kube, daemon };
}

async function namesAt(daemon: DaemonProcess, ip: string): Promise<string> {
  return (await daemon.explain(ip)).endpoints.map(({ name }) => name).join(' ');
}

async function untilKnown(
  daemon: DaemonProcess,
  ip: string,
  name: string,
  timeoutMs = 15_000,
): Promise<void> {
  await until(`${ip} to be ${name || 'gone'}`, async () => (await namesAt(daemon, ip)) === name, {
    timeoutMs,
  });
}

withServers('migration of a remote cluster from crd.projectcalico.org to projectcalico.org', NEEDS, (rig) => {
  let kube: KubeApiserver;
  let daemon: DaemonProcess;
  let vigil: Vigil;
  const lasting = [1, 2, 3].map((n) => ({ name: `host-${n}`, ip: `10.70.0.${n}` }));

  before(async () => {
    ({ kube, daemon } = await startRemote(rig, async (server) => {
      await server.applyCalicoCrds(V1);
      await setReady(server, V1, true);
      for (const host of lasting) await createHostEndpoint(server, V1, host);
    }));
    for (const { name, ip } of lasting) await untilKnown(daemon, ip, name);
    vigil = new Vigil(daemon, new Map(lasting.map(({ ip }) => [ip, 'remote'])));
  });
  after(async () => {
    await daemon?.stop();
  });

  it('keeps every HostEndpoint while v1 is locked and v3 is filled', async () => {
    await setReady(kube, V1, false);
    await kube.applyCalicoCrds(V3);
    await setReady(kube, V3, false);
    for (const host of lasting) await createHostEndpoint(kube, V3, host);
    // What vanishes from a locked group is not believed.
    assert.equal((await kube.call('DELETE', `${PATHS[V1]}/hostendpoints/host-3`)).status, 200);
    await createHostEndpoint(kube, V3, { name: 'only-v3', ip: '10.70.0.9' });
    await createHostEndpoint(kube, V1, { name: 'only-v1', ip: '10.70.0.8' });
    await untilKnown(daemon, '10.70.0.8', 'only-v1');
    assert.equal(await namesAt(daemon, '10.70.0.9'), '');
  });

  it('follows v3 once that is ready', async () => {
    await setReady(kube, V3, true);
    await untilKnown(daemon, '10.70.0.9', 'only-v3', 30_000);
    await untilKnown(daemon, '10.70.0.8', '');
    await daemon.untilStatus('remote', 'InSync');
  });

  it('goes back where the migration is rolled back', async () => {
    await createHostEndpoint(kube, V1, { name: 'host-3', ip: '10.70.0.3' });
    await setReady(kube, V3, false);
    await setReady(kube, V1, true);
    await untilKnown(daemon, '10.70.0.8', 'only-v1', 30_000);
    await untilKnown(daemon, '10.70.0.9', '');
  });

  it('follows v3 for good, and the removal of the v1 CRDs takes nothing', async () => {
    await setReady(kube, V1, false);
    await setReady(kube, V3, true);
    await untilKnown(daemon, '10.70.0.9', 'only-v3', 30_000);
    await deleteCrds(kube, V1);
    await createHostEndpoint(kube, V3, { name: 'afterwards', ip: '10.70.0.10' });
    await untilKnown(daemon, '10.70.0.10', 'afterwards');
    await daemon.untilStatus('remote', 'InSync');
    await vigil.assertKept();
    assert.equal((await daemon.cluster('remote'))?.counts.hostEndpoints, 5);
    assert.equal((await kube.call('DELETE', `${PATHS[V3]}/hostendpoints/host-1`)).status, 200);
    await untilKnown(daemon, '10.70.0.1', '');
  });
});

withServers('a migration that removes the locked group as fast as it can', NEEDS, (rig) => {
  it('keeps every HostEndpoint', async (test) => {
    const host = { name: 'host-1', ip: '10.71.0.1' };
    const { kube, daemon } = await startRemote(rig, async (server) => {
      await server.applyCalicoCrds(V1);
      await setReady(server, V1, true);
      await createHostEndpoint(server, V1, host);
    });
    test.after(() => daemon.stop());
    await untilKnown(daemon, host.ip, host.name);
    const vigil = new Vigil(daemon, new Map([[host.ip, 'remote']]));
    await setReady(kube, V1, false);
    await kube.applyCalicoCrds(V3);
    await createHostEndpoint(kube, V3, host);
    await setReady(kube, V3, true);
    await deleteCrds(kube, V1);
    await createHostEndpoint(kube, V3, { name: 'afterwards', ip: '10.71.0.2' });
    await untilKnown(daemon, '10.71.0.2', 'afterwards', 45_000);
    await daemon.untilStatus('remote', 'InSync', 30_000);
    await vigil.assertKept();
  });
});

withServers('a remote cluster without Calico', NEEDS, (rig) => {
  it('is empty and in sync, and its HostEndpoints are picked up when the CRDs arrive', async (test) => {
    const { kube, daemon } = await startRemote(rig, () => Promise.resolve());
    test.after(() => daemon.stop());
    assert.equal((await daemon.cluster('remote'))?.counts.hostEndpoints, 0);
    await kube.applyCalicoCrds(V3);
    await createHostEndpoint(kube, V3, { name: 'late', ip: '10.72.0.1' });
    await untilKnown(daemon, '10.72.0.1', 'late', 45_000);
    await daemon.untilStatus('remote', 'InSync');
  });

  it('reads what Calico keeps in an annotation in v1, and leaves it alone in v3', async (test) => {
    const annotations = {
      'projectcalico.org/metadata': JSON.stringify({
        name: 'another-name',
        labels: { from: 'annotation', both: 'annotation' },
        creationTimestamp: '2025-01-02T03:04:05Z',
      }),
    };
    const metadata = { labels: { both: 'object', 'projectcalico.org/x': 'object' }, annotations };
    const { kube, daemon } = await startRemote(rig, async (server) => {
      await server.applyCalicoCrds(V1);
      await createHostEndpoint(server, V1, { name: 'annotated', ip: '10.73.0.1', metadata });
      await createHostEndpoint(server, V1, {
        name: 'broken',
        ip: '10.73.0.2',
        metadata: { annotations: { 'projectcalico.org/metadata': '{' } },
      });
    });
    test.after(() => daemon.stop());
    await untilKnown(daemon, '10.73.0.1', 'annotated');
    const labels = async (): Promise<unknown> => (await daemon.explain('10.73.0.1')).endpoints[0]?.labels;
    assert.deepEqual(await labels(), {
      from: 'annotation',
      both: 'annotation',
      'projectcalico.org/x': 'object',
    });
    assert.equal(await namesAt(daemon, '10.73.0.2'), '');
    assert.match((await daemon.cluster('remote'))?.skipped[0]?.where ?? '', /broken/);
    await setReady(kube, V1, false);
    await kube.applyCalicoCrds(V3);
    await createHostEndpoint(kube, V3, { name: 'annotated', ip: '10.73.0.1', metadata });
    await setReady(kube, V3, true);
    await until('the labels of v3', async () => JSON.stringify(await labels())?.includes('"both":"object"'), {
      timeoutMs: 30_000,
    });
    assert.deepEqual(await labels(), { both: 'object', 'projectcalico.org/x': 'object' });
  });
});
