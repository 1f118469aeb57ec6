import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { CoreV1Api, DiscoveryV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import type { V1Pod } from '@kubernetes/client-node';
import { kubeconfig } from '../../src/simulator/rcc-documents.ts';
import { CertificateAuthority } from '../rig/certificates.ts';
import { until, within } from '../rig/deadline.ts';
import { runKubectl } from '../rig/kubectl.ts';
import { withServers } from '../rig/suite.ts';
import { tempDirectory } from '../support/temp-directory.ts';
import { kubernetesFixture } from './kubernetes-fixture.ts';

const NOW = 1_800_000_000_000;

describe('simulated API server and @kubernetes/client-node', () => {
  it('is read by lists over TLS with a token', async (test) => {
    const authority = new CertificateAuthority(await tempDirectory(test));
    const { cert, key } = authority.issue();
    const { server, world } = await kubernetesFixture(test, {}, { tls: { cert, key }, token: 'the-token' });
    const config = new KubeConfig();
    config.loadFromString(
      kubeconfig('one', server.listener.url, { token: 'the-token', caCert: authority.cert }),
    );
    const pods = await config.makeApiClient(CoreV1Api).listPodForAllNamespaces();
    assert.deepEqual(
      pods.items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`),
      world.store.tables.pods.all().map((pod) => pod.key),
    );
    const slices = await config.makeApiClient(DiscoveryV1Api).listEndpointSliceForAllNamespaces();
    const addresses = slices.items.flatMap((slice) => (slice.endpoints ?? []).map((one) => one.addresses[0]));
    assert.equal(addresses.length, 60);
  });

  it('feeds an informer', async (test) => {
    const { server, world } = await kubernetesFixture(test);
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'one', server: server.listener.url, skipTLSVerify: true },
      { name: 'nobody' },
    );
    const api = config.makeApiClient(CoreV1Api);
    const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
    const seen = new Map<string, V1Pod>();
    const keyOf = ({ metadata }: V1Pod): string => `${metadata?.namespace}/${metadata?.name}`;
    for (const verb of ['add', 'update'] as const) informer.on(verb, (pod) => seen.set(keyOf(pod), pod));
    informer.on('delete', (pod) => seen.delete(keyOf(pod)));
    informer.on('error', () => undefined);
    await informer.start();
    test.after(() => informer.stop());
    await until('a watch', () => server.watches === 1);
    const fresh = world.deployments.replace(0, NOW);
    await until('the new pod', () => seen.get(fresh.key)?.status?.phase === 'Running');
    assert.deepEqual(
      [...seen.keys()].sort(),
      world.store.tables.pods.all().map((pod) => pod.key),
    );
  });
});

withServers('simulated API server and kubectl', ['kubectl'], (rig) => {
  const flags = (url: string): string[] => ['--server', url, '--kubeconfig', '/dev/null', '--cache-dir'];

  it('lists every resource, in pages and by short names', async (test) => {
    const { server, world } = await kubernetesFixture(test);
    const common = [...flags(server.listener.url), await tempDirectory(test)];
    const lines = async (...args: string[]): Promise<string[]> => {
      const { stdout, stderr, exitCode } = await runKubectl(rig.binary('kubectl'), [...common, ...args], '');
      assert.equal(exitCode, 0, stderr);
      return stdout.trim().split('\n');
    };
    const { pods, services } = world.store.tables;
    const names = await lines('get', 'pods', '-A', '-o', 'name', '--chunk-size=7');
    assert.deepEqual(
      names,
      pods.all().map(({ key }) => `pod/${key.split('/')[1]}`),
    );
    assert.equal((await lines('get', 'svc', '-A', '--no-headers')).length, services.size);
    for (const resource of [
      'endpointslices',
      'hostendpoints',
      'ippools',
      'clusterinformations',
      'ns',
      'sa',
    ]) {
      assert.ok((await lines('get', resource, '-A', '--no-headers')).length > 0, resource);
    }
    const uid = await lines('get', 'ns', 'kube-system', '-o', 'jsonpath={.metadata.uid}');
    assert.match(uid[0] ?? '', /^[0-9a-f-]{36}$/);
  });

  it('watches', async (test) => {
    const { server, world } = await kubernetesFixture(test);
    const common = [...flags(server.listener.url), await tempDirectory(test)];
    const args = ['get', 'pods', '-A', '--watch', '--output-watch-events', '--no-headers'];
    const child = spawn(rig.binary('kubectl'), [...common, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    test.after(() => child.kill('SIGKILL'));
    const reader = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { value, done } = await within('a line of kubectl', reader.next());
      return done ? 'the end' : value;
    };
    for (let i = 0; i < world.store.tables.pods.size; i++) assert.match(await next(), /^ADDED/);
    await until('a watch', () => server.watches === 1);
    const old = world.deployments.pod(5);
    const fresh = world.deployments.replace(5, NOW);
    assert.match(await next(), new RegExp(`^DELETED .*${old.key.split('/')[1]}`));
    assert.match(await next(), new RegExp(`^ADDED .*${fresh.key.split('/')[1]}`));
    assert.match(await next(), new RegExp(`^MODIFIED .*${fresh.key.split('/')[1]}`));
  });
});
