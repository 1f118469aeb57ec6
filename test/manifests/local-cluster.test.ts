import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { mayOf } from './access.ts';

const directory = join(import.meta.dirname, '../../manifests');
const account = 'system:serviceaccount:calico-system:fedsyncd';

/** Pods here must meet the strictest of Kubernetes' own standards. */
const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'calico-system', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

const podMonitorCrd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: podmonitors.monitoring.coreos.com }
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: { kind: PodMonitor, plural: podmonitors, singular: podmonitor }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

withServers('manifests of the local cluster', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;
  before(async () => {
    server = await rig.kubeApiserver();
    await server.apply({ text: JSON.stringify(namespace) });
    await server.apply({ text: podMonitorCrd });
    // Both groups at once, so that kubectl knows the names of both.
    for (const file of ['rcc-crd-v1.yaml', 'rcc-crd-v3.yaml']) {
      await server.apply({ file: join(directory, file) });
    }
    await server.applyCalicoCrds('crd.projectcalico.org');
    await server.applyCalicoCrds('projectcalico.org');
    for (const name of ['fedsyncd', 'secret-access', 'podmonitor', 'feed']) {
      const file = join(directory, `${name}.yaml`);
      const dry = ['--dry-run=server', '--validate=strict'];
      await server.kubectl(['apply', ...dry, '-f', file]);
      await server.kubectl(['apply', '--validate=strict', '-f', file]);
    }
  });

  it('make a pod that the restricted pod security standard admits, as a critical one', async () => {
    const deployment = parseAllDocuments(readFileSync(join(directory, 'fedsyncd.yaml'), 'utf8'))
      .map((document) => document.toJS() as { kind: string; spec: { template: object } })
      .find(({ kind }) => kind === 'Deployment');
    const pod = { apiVersion: 'v1', kind: 'Pod', ...deployment?.spec.template };
    const answer = await server.call('POST', '/api/v1/namespaces/calico-system/pods', {
      ...pod,
      metadata: { name: 'fedsyncd' },
    });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    const { spec } = answer.body;
    assert.equal(spec.priorityClassName, 'system-cluster-critical');
    assert.equal(spec.enableServiceLinks, false);
    assert.equal(spec.containers[0].livenessProbe.httpGet.path, '/liveness');
    assert.equal(spec.containers[0].readinessProbe.httpGet.path, '/readiness');
    assert.equal(spec.volumes[0].secret.optional, true);
  });

  it('give the daemon what it reads and nothing else', async () => {
    const may = mayOf(server, account);
    for (const group of ['crd.projectcalico.org', 'projectcalico.org']) {
      for (const verb of ['get', 'list', 'watch']) {
        assert.ok(await may(verb, `remoteclusterconfigurations.${group}`));
      }
      assert.ok(await may('get', `clusterinformations.${group}/default`));
      assert.ok(
        await may(
          'get',
          `customresourcedefinitions.apiextensions.k8s.io/remoteclusterconfigurations.${group}`,
        ),
      );
      assert.ok(!(await may('update', `remoteclusterconfigurations.${group}`)));
    }
    assert.ok(await may('get', 'namespaces/kube-system'));
    const never = [
      'list secrets',
      'get secrets/other',
      'list pods',
      'list namespaces',
      'create services',
      'patch services',
      'get services/status',
      'update endpointslices.discovery.k8s.io',
      'deletecollection endpointslices.discovery.k8s.io',
      'deletecollection endpoints',
      'delete events',
      'get leases.coordination.k8s.io/fedsyncd',
      'create leases.coordination.k8s.io',
      '* *',
    ];
    for (const sentence of never) {
      const [verb = '', resource = ''] = sentence.split(' ');
      assert.ok(!(await may(verb, resource)), sentence);
    }
  });

  it('let the daemon program federated services, and hold the one Lease that is named', async () => {
    const may = mayOf(server, account);
    for (const sentence of ['list services', 'create endpointslices.discovery.k8s.io', 'patch endpoints']) {
      const [verb = '', resource = ''] = sentence.split(' ');
      assert.ok(await may(verb, resource), sentence);
    }
    const leases = 'leases.coordination.k8s.io';
    assert.ok(await may('create', leases, 'calico-system'));
    for (const verb of ['get', 'update']) assert.ok(await may(verb, `${leases}/fedsyncd`, 'calico-system'));
    assert.ok(!(await may('update', `${leases}/other`, 'calico-system')));
    for (const verb of ['delete', 'list']) assert.ok(!(await may(verb, leases, 'calico-system')), verb);
  });

  it('let the daemon list and watch the one Secret that is named, and no other', async () => {
    const token = await server.serviceAccountToken('calico-system', 'fedsyncd');
    const path = '/api/v1/namespaces/calico-system/secrets';
    const status = async (query: string) =>
      (await server.callWithToken(token, 'GET', `${path}${query}`)).status;
    const named = '?fieldSelector=metadata.name%3Dremote-cluster-secret';
    assert.equal(await status(named), 200);
    assert.equal(await status(`${named}&watch=true&timeoutSeconds=1`), 200);
    assert.equal(await status('?fieldSelector=metadata.name%3Dother'), 403);
    assert.equal(await status(''), 403);
  });
});
