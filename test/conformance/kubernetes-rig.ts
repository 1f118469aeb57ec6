import assert from 'node:assert/strict';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import type { Rig } from '../rig/suite.ts';
import { pod } from '../support/calico-objects.ts';
import { openKubernetes } from './kubernetes-access.ts';
import { Relay } from '../support/relay.ts';
import { type ConformanceRig, addressOf } from './rig.ts';

const NAMESPACE = 'shop';
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const POD_IP = 'cni.projectcalico.org/podIP';
const PARTIAL = { name: 'partial', token: 'rig-partial-token', groups: [] };

/** A real kube-apiserver behind a relay. */
export async function kubernetesRig(
  rig: Rig,
  { watchList }: { readonly watchList: boolean },
): Promise<ConformanceRig> {
  const kube = await rig.kubeApiserver({
    users: [PARTIAL],
    ...(watchList ? {} : { featureGates: { WatchList: false } }),
  });
  const relay = await Relay.start(kube.port);
  await created(kube, '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE },
  });
  const throughRelay = (user?: string): string =>
    kube.kubeconfig(user).replaceAll(kube.url, `https://127.0.0.1:${relay.port}`);
  const annotate = (name: string, address: string): Promise<{ readonly status: number }> =>
    kube.call('PATCH', `${PODS}/${name}`, { metadata: { annotations: { [POD_IP]: address } } });
  return {
    namespace: NAMESPACE,
    quietSpeed: 20,
    coalesces: false,
    slow: true,
    link: relay,
    close: () => relay.close(),
    open: (options) => openKubernetes(throughRelay(), options),
    put: async (name, version) => {
      const { status } = await annotate(name, `${addressOf(version)}/32`);
      if (status === 200) return;
      assert.equal(status, 404);
      await created(kube, PODS, pod({ namespace: NAMESPACE, name, node: 'node-1', ip: addressOf(version) }));
    },
    delete: async (name) => {
      const { status } = await kube.call('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`);
      assert.equal(status, 200);
    },
    break: async (name) => {
      assert.equal((await annotate(name, 'nonsense')).status, 200);
    },
    expire: async () => {
      // The server keeps recent events in memory; its store's are gone as well.
      await kube.etcd.compact();
      await kube.restart();
    },
    restart: () => kube.restart(),
    openForbidden: async (options) => {
      await allowServices(kube);
      return { datastore: await openKubernetes(throughRelay(PARTIAL.name), options), readable: 'services' };
    },
  };
}

async function allowServices(kube: KubeApiserver): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  await created(kube, `${rbac}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: PARTIAL.name },
    rules: [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] }],
  });
  await created(kube, `${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: PARTIAL.name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: PARTIAL.name },
    subjects: [{ kind: 'User', name: PARTIAL.name, apiGroup: 'rbac.authorization.k8s.io' }],
  });
}

async function created(kube: KubeApiserver, path: string, body: unknown): Promise<void> {
  const answer = await kube.call('POST', path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}
