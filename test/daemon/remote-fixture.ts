import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Etcd } from '../rig/etcd.ts';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { pod, workloadKey, workloadValue } from '../support/calico-objects.ts';

const RCC_VERSION = 'projectcalico.org/v3';
const PODS = '/api/v1/namespaces/shop/pods';

/** An RCC document of a directory. */
export function rccText(name: string, spec: Readonly<Record<string, unknown>>): string {
  const kind = 'RemoteClusterConfiguration';
  return JSON.stringify({ apiVersion: RCC_VERSION, kind, metadata: { name }, spec });
}

/** Replaces a file as editors and kubelets do: whole or not at all. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const hidden = join(dirname(path), `.new-${Math.random().toString(36).slice(2)}`);
  await writeFile(hidden, text, { mode: 0o600 });
  await rename(hidden, path);
}

export async function created(kube: KubeApiserver, path: string, body: unknown): Promise<void> {
  const answer = await kube.call('POST', path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

export async function createNamespace(kube: KubeApiserver, name: string): Promise<void> {
  await created(kube, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

export async function createPod(kube: KubeApiserver, name: string, ip: string): Promise<void> {
  await created(kube, PODS, pod({ namespace: 'shop', name, node: 'node-1', ip }));
}

export async function deletePod(kube: KubeApiserver, name: string): Promise<void> {
  assert.equal((await kube.call('DELETE', `${PODS}/${name}?gracePeriodSeconds=0`)).status, 200);
}

export async function putWorkload(etcd: Etcd, name: string, ip: string): Promise<void> {
  const workload = { namespace: 'shop', node: 'node-1', pod: name, ip };
  await etcd.put(workloadKey(workload), workloadValue(workload));
}

/** Lets a group read what `manifests/remote` lets the daemon's account read. */
export async function allowReaders(kube: KubeApiserver, group: string): Promise<void> {
  const file = join(import.meta.dirname, '../../manifests/remote/rbac.yaml');
  await kube.apply({ file });
  await created(kube, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'readers' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'tigera-federation-remote-cluster',
    },
    subjects: [
      { kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'Group', name: 'system:serviceaccounts:fed', apiGroup: 'rbac.authorization.k8s.io' },
    ],
  });
}

const ACCOUNTS = '/api/v1/namespaces/fed/serviceaccounts';

/** A token of a service account of its own, which can be revoked with the account. */
export async function readerToken(kube: KubeApiserver, name: string): Promise<string> {
  await created(kube, ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const answer = await kube.call('POST', `${ACCOUNTS}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 3600 },
  });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return String(answer.body.status.token);
}

export async function revokeReader(kube: KubeApiserver, name: string): Promise<void> {
  assert.equal((await kube.call('DELETE', `${ACCOUNTS}/${name}`)).status, 200);
}
