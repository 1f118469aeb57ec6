import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from './deadline.ts';
import type { ApiAnswer } from './https-caller.ts';
import type { KubeApiserver } from './kube-apiserver.ts';
import { withServers } from './suite.ts';

const core = '/api/v1/namespaces/default';
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

async function created(server: KubeApiserver, path: string, object: object): Promise<ApiAnswer['body']> {
  const { status, body } = await server.call('POST', path, object);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** No kubelet here: what one would report is written as it would. */
async function runningPod(server: KubeApiserver, name: string, ip: string): Promise<void> {
  await created(server, `${core}/pods`, {
    metadata: { name, labels: { app: 'web' } },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
  });
  const status = {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [{ type: 'Ready', status: 'True' }],
  };
  assert.equal((await server.call('PATCH', `${core}/pods/${name}/status`, { status })).status, 200);
}

const needs = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'] as const;

withServers('rig: kube-controller-manager', needs, (rig) => {
  it('fills slices, collects what has lost its owner, empties namespaces, and comes back after a kill', async () => {
    const server = await rig.kubeApiserver();
    const manager = await rig.kubeControllerManager(server);
    // A pod whose Node does not exist gets into no slice.
    await created(server, '/api/v1/nodes', { metadata: { name: 'n' } });
    const spec = { ports: [{ port: 80 }], selector: { app: 'web' } };
    const service = await created(server, `${core}/services`, { metadata: { name: 'web' }, spec });
    await runningPod(server, 'a', '10.244.0.7');
    await until('a slice with the pod', async () => {
      const { body } = await server.call('GET', `${slices}?labelSelector=kubernetes.io/service-name=web`);
      return body.items[0]?.endpoints?.[0]?.addresses[0] === '10.244.0.7';
    });
    await manager.kill();
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'web', uid: service.metadata.uid };
    const owned = { metadata: { name: 'owned', ownerReferences: [owner] } };
    await created(server, `${core}/configmaps`, owned);
    await server.call('DELETE', `${core}/services/web`);
    await manager.restart();
    const gone = async (path: string): Promise<boolean> => (await server.call('GET', path)).status === 404;
    await until('what the service owned is collected', () => gone(`${core}/configmaps/owned`));
    await created(server, '/api/v1/namespaces', { metadata: { name: 'passing' } });
    await created(server, '/api/v1/namespaces/passing/configmaps', { metadata: { name: 'inside' } });
    await server.call('DELETE', '/api/v1/namespaces/passing');
    await until('the namespace is emptied', () => gone('/api/v1/namespaces/passing'), { timeoutMs: 30_000 });
  });

  it('runs other controllers when asked, and only those', async () => {
    const server = await rig.kubeApiserver();
    const controllers = ['serviceaccount-controller', 'serviceaccount-token-controller'];
    await rig.kubeControllerManager(server, { controllers });
    await created(server, `${core}/services`, {
      metadata: { name: 'web' },
      spec: { ports: [{ port: 80 }], selector: { app: 'web' } },
    });
    const annotations = { 'kubernetes.io/service-account.name': 'default' };
    await until(
      'the default account',
      async () => (await server.call('GET', `${core}/serviceaccounts/default`)).status === 200,
    );
    const type = 'kubernetes.io/service-account-token';
    await created(server, `${core}/secrets`, { metadata: { name: 'token', annotations }, type });
    const token = await until('a token in the Secret', async () => {
      const { body } = await server.call('GET', `${core}/secrets/token`);
      return body.data?.token as string | undefined;
    });
    const bearer = Buffer.from(token, 'base64').toString();
    assert.equal((await server.callWithToken(bearer, 'GET', `${core}/pods`)).status, 403);
    assert.deepEqual((await server.call('GET', slices)).body.items, []);
  });
});
