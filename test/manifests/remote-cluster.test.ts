import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it } from 'node:test';
import type { KubeApiserver } from '../rig/kube-apiserver.ts';
import { withServers } from '../rig/suite.ts';
import { mayOf } from './access.ts';

const directory = join(import.meta.dirname, '../../manifests/remote');
const name = 'tigera-federation-remote-cluster';
const account = `system:serviceaccount:calico-system:${name}`;
const calico = ['crd.projectcalico.org', 'projectcalico.org'].flatMap((group) =>
  ['hostendpoints', 'ippools', 'clusterinformations'].map((resource) => `${resource}.${group}`),
);
const core = ['pods', 'namespaces', 'serviceaccounts', 'services', 'endpoints'];
const readable = [...core, 'endpointslices.discovery.k8s.io', ...calico];

withServers('manifests of a remote cluster', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;
  before(async () => {
    server = await rig.kubeApiserver();
    await server.applyCalicoCrds('crd.projectcalico.org');
    await server.applyCalicoCrds('projectcalico.org');
    await server.kubectl(['create', 'namespace', 'calico-system']);
    for (const file of ['account.yaml', 'rbac.yaml']) {
      await server.kubectl(['apply', '--validate=strict', '-f', join(directory, file)]);
    }
  });

  it('let the account list, watch and get what federation reads', async () => {
    const may = mayOf(server, account);
    for (const resource of readable) {
      for (const verb of ['get', 'list', 'watch'])
        assert.ok(await may(verb, resource), `${verb} ${resource}`);
    }
  });

  it('let it write nothing, and read no secret', async () => {
    const may = mayOf(server, account);
    for (const verb of ['create', 'update', 'patch', 'delete']) {
      for (const resource of readable) assert.ok(!(await may(verb, resource)), `${verb} ${resource}`);
    }
    assert.ok(!(await may('list', 'secrets')));
    assert.ok(!(await may('get', `secrets/${name}`, 'calico-system')));
  });

  it('with the steps of the README make a kubeconfig that works', async () => {
    await fillTokenSecret(server);
    const work = await rig.directory();
    await mkdir(join(work, 'bin'));
    await symlink(rig.binary('kubectl'), join(work, 'bin', 'kubectl'));
    const steps = [...readFileSync(join(directory, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)];
    const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', steps[1]?.[1] ?? 'false'], {
      cwd: work,
      encoding: 'utf8',
      env: {
        PATH: `${join(work, 'bin')}:/usr/bin:/bin`,
        HOME: work,
        KUBECONFIG: await server.kubeconfigFile(),
      },
    });
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /default +kubernetes +ClusterIP/);
  });
});

/** What the token controller does in a whole cluster. */
async function fillTokenSecret(server: KubeApiserver): Promise<void> {
  const token = await server.serviceAccountToken('calico-system', name);
  const data = { token, 'ca.crt': server.ca, namespace: 'calico-system' };
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const path = `/api/v1/namespaces/calico-system/secrets/${name}`;
  const answer = await server.call('PATCH', path, { data: Object.fromEntries(encoded) as unknown });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}
