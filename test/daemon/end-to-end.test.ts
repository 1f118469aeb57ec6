import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { until } from '../rig/deadline.ts';
import type { Etcd } from '../rig/etcd.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import {
  endpointSlice,
  pod,
  profileKey,
  profileValue,
  workloadKey,
  workloadValue,
} from '../support/calico-objects.ts';
import { DaemonProcess } from '../support/daemon-process.ts';

const WITHIN_A_SECOND = { timeoutMs: 1_000, everyMs: 20 };

function rcc(name: string, spec: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'RemoteClusterConfiguration',
    metadata: { name },
    spec,
  });
}

withServers(
  'the daemon on two kube-apiservers and two etcds',
  ['etcd', 'kube-apiserver', 'kubectl'],
  (rig) => {
    let kubeA: KubeApiserver;
    let kubeB: KubeApiserver;
    let etcdA: Etcd;
    let etcdB: Etcd;
    let daemon: DaemonProcess;
    let directory: string;

    before(async () => {
      directory = await rig.directory();
      [kubeA, kubeB, etcdA, etcdB] = await Promise.all([
        rig.kubeApiserver(),
        rig.kubeApiserver(),
        rig.etcd(),
        rig.etcd(),
      ]);
      await kubeA.applyCalicoCrds('crd.projectcalico.org');
      await kubeB.applyCalicoCrds('projectcalico.org');
      await fillKubernetes(kubeA, '10.10');
      await fillKubernetes(kubeB, '10.20');
      await fillEtcd(etcdA, '10.30');
      await fillEtcd(etcdB, '10.40');
      const inline = kubeA.kubeconfig();
      await writeFile(
        join(directory, 'kube-a.json'),
        rcc('kube-a', { datastoreType: 'kubernetes', kubeconfigInline: inline }),
      );
      const file = await kubeB.kubeconfigFile();
      await writeFile(
        join(directory, 'kube-b.json'),
        rcc('kube-b', { datastoreType: 'kubernetes', kubeconfig: file }),
      );
      await writeFile(join(directory, 'etcd-a.json'), rcc('etcd-a', { etcdEndpoints: etcdA.endpoint }));
      await writeFile(
        join(directory, 'etcd-b.json'),
        rcc('etcd-b', {
          datastoreType: 'etcdv3',
          etcdEndpoints: etcdB.endpoint,
          kubeconfig: await kubeB.kubeconfigFile(),
        }),
      );
      daemon = await DaemonProcess.start(['--rcc-directory', directory]);
    });

    after(async () => {
      await daemon?.stop();
    });

    async function owners(ip: string): Promise<string> {
      return (await daemon.explain(ip)).endpoints
        .map((e) => `${e.cluster}:${e.namespace}/${e.name}`)
        .sort()
        .join(' ');
    }

    it('shows every endpoint of every cluster', async () => {
      for (const name of ['kube-a', 'etcd-a']) await daemon.untilStatus(name, 'InSync');
      assert.equal(await owners('10.10.0.1'), 'kube-a:shop/node--1-k8s-web--1-eth0');
      assert.equal(await owners('10.30.0.1'), 'etcd-a:shop/node--1-k8s-web--1-eth0');
      const explained = await daemon.explain('10.30.0.1');
      assert.equal(explained.endpoints[0]?.inheritedLabels['pcns.team'], 'green');
      const kube = await daemon.cluster('kube-a');
      assert.equal(kube?.counts.workloadEndpoints, 2);
      assert.equal(kube?.counts.services, 1 + 1, 'the service of the test and `kubernetes` itself');
      assert.equal((await daemon.cluster('etcd-a'))?.counts.services, null);
      assert.equal((await daemon.cluster('etcd-a'))?.reason, 'IdentityOnly');
    });

    it('reads of two RCCs that reach the same Kubernetes cluster only the first', async () => {
      await daemon.untilStatus('kube-b', 'ConfigIncomplete');
      const duplicate = await daemon.cluster('kube-b');
      assert.equal(duplicate?.reason, 'DuplicateOf');
      assert.match(duplicate?.message ?? '', /etcd-b/);
      await daemon.untilStatus('etcd-b', 'InSync');
      assert.equal(await owners('10.40.0.1'), 'etcd-b:shop/node--1-k8s-web--1-eth0');
      assert.equal(await owners('10.20.0.1'), '');
      assert.equal(
        (await daemon.cluster('etcd-b'))?.counts.services,
        2,
        'services come over its Kubernetes part',
      );
      await writeFile(
        join(directory, 'etcd-b.json'),
        rcc('etcd-b', { datastoreType: 'etcdv3', etcdEndpoints: etcdB.endpoint }),
      );
      await daemon.untilStatus('kube-b', 'InSync');
      await daemon.untilStatus('etcd-b', 'InSync');
      assert.equal(await owners('10.20.0.1'), 'kube-b:shop/node--1-k8s-web--1-eth0');
    });

    it('follows adds, changes and deletes within a second', async () => {
      const pods = '/api/v1/namespaces/shop/pods';
      await kubeA.call(
        'POST',
        pods,
        pod({ namespace: 'shop', name: 'new', node: 'node-2', ip: '10.10.0.9' }),
      );
      await until('the new pod', async () => (await owners('10.10.0.9')) !== '', WITHIN_A_SECOND);
      await kubeA.call('PATCH', `${pods}/new`, { metadata: { labels: { tier: 'back' } } });
      await until(
        'its label',
        async () => (await daemon.explain('10.10.0.9')).endpoints[0]?.labels['tier'] === 'back',
        WITHIN_A_SECOND,
      );
      await kubeA.call('DELETE', `${pods}/new?gracePeriodSeconds=0`);
      await until('its end', async () => (await owners('10.10.0.9')) === '', WITHIN_A_SECOND);

      const workload = { namespace: 'shop', node: 'node-2', pod: 'new', ip: '10.30.0.9' };
      await etcdA.put(workloadKey(workload), workloadValue(workload));
      await until('the new endpoint', async () => (await owners('10.30.0.9')) !== '', WITHIN_A_SECOND);
      await etcdA.put(workloadKey(workload), workloadValue({ ...workload, ip: '10.30.0.10' }));
      await until(
        'its address',
        async () => (await owners('10.30.0.9')) === '' && (await owners('10.30.0.10')) !== '',
        WITHIN_A_SECOND,
      );
      await etcdA.delete(workloadKey(workload));
      await until('its end', async () => (await owners('10.30.0.10')) === '', WITHIN_A_SECOND);
    });

    it('survives kill -9 and restart of every server without losing or inventing an endpoint', async () => {
      const before = await daemon.status();
      for (const server of [kubeA, etcdA, kubeB, etcdB]) {
        await server.kill();
      }
      for (const name of ['kube-a', 'kube-b', 'etcd-a', 'etcd-b'])
        await daemon.untilStatus(name, 'NotConnecting', 30_000);
      for (const ip of ['10.10.0.1', '10.20.0.1', '10.30.0.1', '10.40.0.1'])
        assert.notEqual(await owners(ip), '', ip);
      await Promise.all([kubeA.restart(), kubeB.restart(), etcdA.restart(), etcdB.restart()]);
      const late = { namespace: 'shop', node: 'node-3', pod: 'late', ip: '10.40.0.9' };
      await etcdB.put(workloadKey(late), workloadValue(late));
      for (const name of ['kube-a', 'kube-b', 'etcd-a', 'etcd-b'])
        await daemon.untilStatus(name, 'InSync', 45_000);
      await until('what was written meanwhile', async () => (await owners('10.40.0.9')) !== '');
      await etcdB.delete(workloadKey(late));
      await until('its end', async () => (await owners('10.40.0.9')) === '');
      const counts = async (): Promise<unknown> =>
        (await daemon.status()).clusters.map(({ name, counts }) => ({ name, ...counts }));
      assert.deepEqual(
        await counts(),
        before.clusters.map(({ name, counts: c }) => ({ name, ...c })),
      );
    });

    it('withdraws a cluster when its RCC goes, and ends cleanly on SIGTERM', async () => {
      await rm(join(directory, 'etcd-a.json'));
      await until('etcd-a to go', async () => (await daemon.cluster('etcd-a')) === undefined);
      assert.equal(await owners('10.30.0.1'), '');
      assert.equal(await daemon.stop(), 0);
      assert.equal(daemon.lines.at(-1)?.event, 'daemon.stopped');
    });
  },
);

async function fillKubernetes(kube: KubeApiserver, net: string): Promise<void> {
  await kube.call('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { team: 'green' } },
  });
  for (const n of [1, 2]) {
    const body = pod({
      namespace: 'shop',
      name: `web-${n}`,
      node: `node-${n}`,
      ip: `${net}.0.${n}`,
      labels: { app: 'web' },
    });
    assert.equal((await kube.call('POST', '/api/v1/namespaces/shop/pods', body)).status, 201);
  }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
  assert.equal((await kube.call('POST', '/api/v1/namespaces/shop/services', service)).status, 201);
  const slice = endpointSlice('shop', 'web', [`${net}.0.1`, `${net}.0.2`]);
  assert.equal(
    (await kube.call('POST', '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices', slice)).status,
    201,
  );
}

async function fillEtcd(etcd: Etcd, net: string): Promise<void> {
  await etcd.put(profileKey('kns.shop'), profileValue('kns.shop', { 'pcns.team': 'green' }));
  for (const n of [1, 2]) {
    const workload = { namespace: 'shop', node: `node-${n}`, pod: `web-${n}`, ip: `${net}.0.${n}` };
    await etcd.put(workloadKey(workload), workloadValue(workload));
  }
}
