import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import type { Etcd } from '../rig/etcd.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { DaemonProcess } from '../support/daemon-process.ts';
import { created, createNamespace, putWorkload, rccText, replaceFile } from './remote-fixture.ts';
import { untilReason, Vigil } from './vigil.ts';

const NEEDS = ['etcd', 'kube-apiserver', 'kubectl'] as const;
const MANIFESTS = join(import.meta.dirname, '../../manifests');
const RCC_KEYS = '/calico/resources/v3/projectcalico.org/remoteclusterconfigurations/';
const V1 = 'crd.projectcalico.org/v1';
const V3 = 'projectcalico.org/v3';

type Spec = Readonly<Record<string, unknown>>;

function pathOf(version: string, name = ''): string {
  return `/apis/${version}/remoteclusterconfigurations${name === '' ? '' : `/${name}`}`;
}

async function createRcc(kube: KubeApiserver, version: string, name: string, spec: Spec): Promise<void> {
  const kind = 'RemoteClusterConfiguration';
  await created(kube, pathOf(version), { apiVersion: version, kind, metadata: { name }, spec });
}

async function deleteCrd(kube: KubeApiserver, version: string): Promise<void> {
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const name = `remoteclusterconfigurations.${version.split('/')[0]}`;
  assert.equal((await kube.call('DELETE', `${crds}/${name}`)).status, 200);
  await until('the CRD to be gone', async () => (await kube.call('GET', `${crds}/${name}`)).status === 404);
}

async function ownerOf(daemon: DaemonProcess, ip: string): Promise<string> {
  return (await daemon.explain(ip)).endpoints.map(({ cluster }) => cluster).join(' ');
}

withServers('RCCs of the local Kubernetes API', NEEDS, (rig) => {
  let kube: KubeApiserver;
  let remotes: readonly Etcd[];
  let daemon: DaemonProcess;
  const spec = (remote: number): Spec => ({
    datastoreType: 'etcdv3',
    etcdEndpoints: remotes[remote]?.endpoint,
  });

  before(async () => {
    [kube, ...remotes] = await Promise.all([rig.kubeApiserver(), rig.etcd(), rig.etcd()]);
    for (const [i, remote] of remotes.entries()) await putWorkload(remote, 'web', `10.8${i}.0.1`);
    for (const name of ['calico-system', 'other']) await createNamespace(kube, name);
    // The account of the manifests, and one Role for one Secret: the daemon needs no more.
    await kube.apply({ file: join(MANIFESTS, 'fedsyncd.yaml') });
    await kube.apply({ file: join(MANIFESTS, 'secret-access.yaml') });
    const token = await kube.serviceAccountToken('calico-system', 'fedsyncd');
    const kubeconfig = await kube.kubeconfigFile('nobody', token);
    daemon = await DaemonProcess.start(['--rcc-source', 'kubernetes', '--kubeconfig', kubeconfig]);
  });
  after(async () => {
    await daemon?.stop();
  });

  it('waits for the CRD, and reads what arrives with it', async () => {
    await kube.apply({ file: join(MANIFESTS, 'rcc-crd-v1.yaml') });
    await createRcc(kube, V1, 'east', spec(0));
    await until('the RCC to be found', async () => (await daemon.cluster('east')) !== undefined, {
      timeoutMs: 30_000,
    });
    await daemon.untilStatus('east', 'InSync');
    assert.equal(await ownerOf(daemon, '10.80.0.1'), 'east');
    assert.match((await daemon.cluster('east'))?.origin ?? '', /crd\.projectcalico\.org/);
  });

  it('follows changes, and withdraws what is deleted', async () => {
    await createRcc(kube, V1, 'west', { ...spec(1), etcdEndpoints: 'http://127.0.0.1:1' });
    await untilReason(daemon, 'west', ['ConnectionRefused']);
    assert.equal((await kube.call('PATCH', pathOf(V1, 'west'), { spec: spec(1) })).status, 200);
    await daemon.untilStatus('west', 'InSync');
    assert.equal(await ownerOf(daemon, '10.81.0.1'), 'west');
    assert.equal((await kube.call('DELETE', pathOf(V1, 'west'))).status, 200);
    await until('west to go', async () => (await daemon.cluster('west')) === undefined);
    assert.equal(await ownerOf(daemon, '10.81.0.1'), '');
    assert.equal(await ownerOf(daemon, '10.80.0.1'), 'east');
  });

  it('reads the Secret of an RCC by its name with a right on that one alone', async () => {
    const secrets = '/api/v1/namespaces/calico-system/secrets';
    const secret = (name: string): Promise<void> =>
      created(kube, secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name },
        stringData: { datastoreType: 'etcdv3', etcdEndpoints: remotes[1]?.endpoint },
      });
    const named = (name: string, namespace = 'calico-system'): Spec => ({
      clusterAccessSecret: { kind: 'Secret', namespace, name },
    });
    await createRcc(kube, V1, 'west', named('remote-cluster-secret'));
    await untilReason(daemon, 'west', ['SecretNotFound']);
    await secret('remote-cluster-secret');
    await daemon.untilStatus('west', 'InSync');
    assert.equal(await ownerOf(daemon, '10.81.0.1'), 'west');
    await secret('not-ours');
    await createRcc(kube, V1, 'north', named('not-ours'));
    await untilReason(daemon, 'north', ['SecretForbidden']);
    assert.equal((await kube.call('DELETE', `${secrets}/remote-cluster-secret`)).status, 200);
    await untilReason(daemon, 'west', ['SecretNotFound']);
    assert.equal(await ownerOf(daemon, '10.81.0.1'), 'west', 'the last good session goes on');
    await secret('remote-cluster-secret');
    await daemon.untilStatus('west', 'InSync');
    assert.equal((await kube.call('DELETE', pathOf(V1, 'north'))).status, 200);
    await until('north to go', async () => (await daemon.cluster('north')) === undefined);
  });

  it('takes one RCC in both API groups for one', async () => {
    await kube.apply({ file: join(MANIFESTS, 'rcc-crd-v3.yaml') });
    await createRcc(kube, V3, 'east', spec(0));
    const vigil = new Vigil(daemon, new Map([['10.80.0.1', 'east']]));
    await createRcc(kube, V3, 'south', { ...spec(1), etcdEndpoints: 'http://127.0.0.1:1' });
    await until('the second group', async () => (await daemon.cluster('south')) !== undefined, {
      timeoutMs: 30_000,
    });
    assert.equal((await daemon.status()).clusters.filter(({ name }) => name === 'east').length, 1);
    // Gone from one group is not deleted while the other has it.
    assert.equal((await kube.call('DELETE', pathOf(V1, 'east'))).status, 200);
    assert.equal((await kube.call('DELETE', pathOf(V3, 'south'))).status, 200);
    await until('south to go', async () => (await daemon.cluster('south')) === undefined, {
      timeoutMs: 30_000,
    });
    assert.equal(await ownerOf(daemon, '10.80.0.1'), 'east');
    await vigil.assertKept();
  });

  it('keeps everything where a CRD is deleted, and says that the source is missing', async () => {
    const vigil = new Vigil(
      daemon,
      new Map([
        ['10.80.0.1', 'east'],
        ['10.81.0.1', 'west'],
      ]),
    );
    await deleteCrd(kube, V1);
    await deleteCrd(kube, V3);
    await untilReason(daemon, 'east', ['SourceMissing'], 30_000);
    const { sources } = await daemon.status();
    assert.equal(sources[0]?.reason, 'SourceMissing');
    await putWorkload(remotes[0] as Etcd, 'late', '10.80.0.2');
    await until('what is new', async () => (await ownerOf(daemon, '10.80.0.2')) === 'east');
    await kube.apply({ file: join(MANIFESTS, 'rcc-crd-v3.yaml') });
    await createRcc(kube, V3, 'east', spec(0));
    await createRcc(kube, V3, 'west', spec(1));
    await untilReason(daemon, 'east', ['IdentityOnly'], 30_000);
    await vigil.assertKept();
  });

  it('withdraws an RCC that is deleted after all that', async () => {
    assert.equal((await kube.call('DELETE', pathOf(V3, 'west'))).status, 200);
    await until('west to go', async () => (await daemon.cluster('west')) === undefined, {
      timeoutMs: 30_000,
    });
    assert.equal(await ownerOf(daemon, '10.81.0.1'), '');
    assert.equal(await ownerOf(daemon, '10.80.0.1'), 'east');
  });
});

withServers('RCCs of the local etcd', ['etcd'], (rig) => {
  let local: Etcd;
  let remotes: readonly Etcd[];
  let daemon: DaemonProcess;
  let directory: string;
  const spec = (remote: number): Spec => ({ etcdEndpoints: remotes[remote]?.endpoint });

  before(async () => {
    directory = await rig.directory();
    await mkdir(join(directory, 'rcc'));
    [local, ...remotes] = await Promise.all([rig.etcd(), rig.etcd(), rig.etcd(), rig.etcd()]);
    for (const [i, remote] of remotes.entries()) await putWorkload(remote, 'web', `10.9${i}.0.1`);
    const information = {
      kind: 'ClusterInformation',
      apiVersion: V3,
      metadata: { name: 'default' },
      spec: { clusterGUID: 'ffffffffffffffffffffffffffffffff', datastoreReady: true },
    };
    await local.put(
      '/calico/resources/v3/projectcalico.org/clusterinformations/default',
      JSON.stringify(information),
    );
    await local.put(`${RCC_KEYS}east`, rccText('east', spec(0)));
    await local.put(`${RCC_KEYS}broken`, '{"spec":');
    await replaceFile(join(directory, 'rcc/east.json'), rccText('east', spec(1)));
    await replaceFile(join(directory, 'rcc/west.json'), rccText('west', spec(2)));
    daemon = await DaemonProcess.start([
      '--rcc-source=etcdv3',
      `--etcd-endpoints=${local.endpoint}`,
      '--rcc-source=directory',
      `--rcc-directory=${join(directory, 'rcc')}`,
    ]);
  });
  after(async () => {
    await daemon?.stop();
  });

  it('uses of two sources with one name the one that was given first', async () => {
    for (const name of ['east', 'west']) await daemon.untilStatus(name, 'InSync');
    assert.equal(await ownerOf(daemon, '10.90.0.1'), 'east');
    assert.equal(await ownerOf(daemon, '10.91.0.1'), '');
    assert.equal(await ownerOf(daemon, '10.92.0.1'), 'west');
    const { conflicts, sources } = await daemon.status();
    assert.deepEqual(
      conflicts.map(({ name }) => name),
      ['east'],
    );
    assert.match(conflicts[0]?.ignored ?? '', /east\.json/);
    assert.match(JSON.stringify(sources[0]?.rejected), /broken/);
    assert.ok(daemon.lines.some(({ event, cluster }) => event === 'rcc.conflict' && cluster === 'east'));
  });

  it('goes over to the other source when the first lets go, and back', async () => {
    await local.delete(`${RCC_KEYS}east`);
    await until('the second source to win', async () => (await ownerOf(daemon, '10.91.0.1')) === 'east');
    assert.equal(await ownerOf(daemon, '10.90.0.1'), '');
    assert.deepEqual((await daemon.status()).conflicts, []);
    await local.put(`${RCC_KEYS}east`, rccText('east', spec(0)));
    await until('the first source to win', async () => (await ownerOf(daemon, '10.90.0.1')) === 'east');
    assert.equal((await daemon.status()).conflicts.length, 1);
  });

  it('keeps what it has where etcd is away, or comes back empty', async () => {
    const vigil = new Vigil(daemon, new Map([['10.90.0.1', 'east']]));
    await local.kill();
    await until('the source to be missed', async () => (await daemon.status()).sources[0]?.reason !== null, {
      timeoutMs: 20_000,
    });
    await local.restart({ empty: true });
    await until(
      'the empty etcd to be noticed',
      async () => (await daemon.status()).sources[0]?.reason === 'SourceMissing',
      { timeoutMs: 45_000 },
    );
    await vigil.assertKept();
    assert.equal((await daemon.cluster('east'))?.reason, 'SourceMissing');
    assert.equal((await daemon.cluster('west'))?.reason, 'IdentityOnly');
  });
});
