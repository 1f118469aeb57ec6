import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { ListOutcome } from '../../../src/contract/datastore.ts';
import type { Resource } from '../../../src/model/kind.ts';
import { KubernetesAdapter } from '../../../src/adapters/kubernetes/adapter.ts';
import type { KubernetesDatastore } from '../../../src/adapters/kubernetes/datastore.ts';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { RecordingSink, accessTo, failsWith, openDatastore, standardOptions } from './datastore-fixture.ts';

const V1 = '/apis/crd.projectcalico.org/v1';
const V3 = '/apis/projectcalico.org/v3';

withServers(
  'a Kubernetes datastore on a real kube-apiserver',
  ['etcd', 'kube-apiserver', 'kubectl'],
  (rig) => {
    let server: KubeApiserver;
    let datastore: KubernetesDatastore;
    const run = new AbortController();

    before(async () => {
      server = await rig.kubeApiserver();
      await server.applyCalicoCrds('crd.projectcalico.org');
      await create('/api/v1/namespaces', { metadata: { name: 'web', labels: { team: 'a' } } });
      await create('/api/v1/namespaces/web/serviceaccounts', {
        metadata: { name: 'sa1', labels: { role: 'x' } },
      });
      await create(
        `${V1}/clusterinformations`,
        calico('v1', 'ClusterInformation', 'default', { clusterGUID: 'guid-1', datastoreReady: true }),
      );
      await create(`${V1}/ippools`, calico('v1', 'IPPool', 'pool', { cidr: '10.1.0.0/16' }));
      await create(`${V1}/hostendpoints`, hostEndpoint());
      datastore = await openDatastore(
        accessTo({ kubeconfigInline: server.kubeconfig() }),
        {},
        { groupPollMs: 200 },
      );
    });
    after(async () => {
      run.abort(new Error('suite over'));
      await datastore.close();
    });

    const create = async (path: string, body: object): Promise<void> => {
      const answer = await server.call('POST', path, body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    };
    const createPod = async (name: string, ip: string): Promise<void> => {
      const containers = [{ name: 'c', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] }];
      await create('/api/v1/namespaces/web/pods', {
        metadata: { name, labels: { app: 'shop' } },
        spec: { nodeName: 'n1', containers },
      });
      await setStatus(name, { phase: 'Running', podIP: ip, podIPs: [{ ip }] });
    };
    const setStatus = async (name: string, status: object): Promise<void> => {
      const answer = await server.call('PATCH', `/api/v1/namespaces/web/pods/${name}/status`, { status });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    };
    const list = async (resource: Resource, from = datastore): Promise<[RecordingSink, ListOutcome]> => {
      const sink = new RecordingSink();
      return [sink, await from.list({ resource, sink, signal: run.signal })];
    };

    it('lists pods by a WatchList and follows them', async () => {
      await createPod('p1', '10.1.0.1');
      const [sink, outcome] = await list('workloadendpoints');
      const [entry] = sink.entries;
      assert.equal(entry?.kind, 'WorkloadEndpoint');
      assert.deepEqual(entry.ipNetworks, ['10.1.0.1/32']);
      assert.deepEqual(entry.profiles, ['kns.web']);
      assert.deepEqual(entry.labels.toRecord(), {
        app: 'shop',
        'projectcalico.org/namespace': 'web',
        'projectcalico.org/orchestrator': 'k8s',
      });
      assert.deepEqual(entry.ports, [{ name: 'http', protocol: 'TCP', port: 8080, hostPort: 0, hostIP: '' }]);
      assert.ok(entry.created > 0);
      const watched = new RecordingSink();
      const stop = new AbortController();
      const tail = outcome.tail?.(watched, stop.signal);
      await createPod('p2', '10.1.0.2');
      await watched.until(({ deltas }) => deltas.some((delta) => delta.op === 'put'));
      await setStatus('p1', { phase: 'Failed' });
      await server.call('DELETE', '/api/v1/namespaces/web/pods/p2?gracePeriodSeconds=0');
      await watched.until((seen) => seen.ops().includes('delete web/p2'));
      assert.ok(watched.ops().includes('exclude web/p1'));
      stop.abort(new Error('enough'));
      await assert.rejects(tail ?? Promise.resolve(), { message: 'enough' });
      // The watch resumes where the stream was left.
      const resumed = new RecordingSink();
      const again = new AbortController();
      const revision = watched.revisions.at(-1) ?? '';
      const watching = datastore.watch({
        resource: 'workloadendpoints',
        sink: resumed,
        signal: again.signal,
        revision,
      });
      await createPod('p3', '10.1.0.3');
      await resumed.until(({ entries }) => entries.length > 0);
      assert.ok(resumed.ops().every((op) => op.endsWith('web/p3')));
      again.abort(new Error('enough'));
      await assert.rejects(watching);
    });

    it('lists the other resources', async () => {
      await create('/api/v1/namespaces/web/services', {
        metadata: {
          name: 'shop',
          annotations: { 'federation.tigera.io/serviceSelector': 'x == "y"', other: 'no' },
        },
        spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
      });
      await create('/apis/discovery.k8s.io/v1/namespaces/web/endpointslices', {
        metadata: { name: 'shop-1', labels: { 'kubernetes.io/service-name': 'shop' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready: false }, zone: 'z1' }],
        ports: [{ name: 'http', port: 8080 }],
      });
      const found = async (resource: Resource, name: string): Promise<Record<string, unknown>> => {
        const [sink] = await list(resource);
        const entry = sink.entries.find((one) => 'name' in one && one.name === name);
        assert.ok(entry, `${resource} ${name}`);
        return JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
      };
      assert.equal((await found('profiles.namespaces', 'kns.web'))['kind'], 'Profile');
      assert.equal((await found('profiles.serviceaccounts', 'ksa.web.sa1'))['kind'], 'Profile');
      assert.equal((await found('ippools', 'pool'))['cidr'], '10.1.0.0/16');
      assert.equal((await found('hostendpoints', 'h1'))['node'], 'n1');
      assert.equal((await found('clusterinformations', 'default'))['clusterGUID'], 'guid-1');
      const service = await found('services', 'shop');
      assert.deepEqual(service['annotations'], {
        keys: ['federation.tigera.io/serviceSelector'],
        values: ['x == "y"'],
      });
      const slice = await found('endpointslices', 'shop-1');
      assert.equal(slice['service'], 'shop');
      assert.equal((slice['endpoints'] as { ready: boolean }[])[0]?.ready, false);
    });

    it('says who it is, and what may be read', async () => {
      const identities = await datastore.identify(run.signal);
      assert.match(identities[0] ?? '', /^kubernetes:[0-9a-f-]{36}$/);
      assert.equal(identities[1], 'calico:guid-1');
      const access = accessTo({ kubeconfigInline: server.kubeconfig() });
      const prepared = await new KubernetesAdapter().prepare(access, standardOptions);
      const steps: string[] = [];
      for await (const step of prepared.check(run.signal))
        steps.push(`${step.step} ${step.subject} ${step.result}`);
      assert.ok(steps.includes('permissions kubernetes workloadendpoints ok'), steps.join('\n'));
      assert.ok(steps.includes('list kubernetes workloadendpoints ok'));
      assert.ok(steps.every((step) => !step.endsWith('failed')));
    });

    it('is forbidden resource by resource, and identifies as far as it may', async () => {
      const nobody = await openDatastore(accessTo({ kubeconfigInline: server.kubeconfig('nobody') }));
      try {
        for (const resource of nobody.resources) {
          await assert.rejects(list(resource, nobody), {
            ...failsWith('forbidden', 'Forbidden'),
            message: /User "nobody" cannot list resource/,
          });
        }
        assert.deepEqual(await nobody.identify(run.signal), []);
      } finally {
        await nobody.close();
      }
    });

    it('reads services only where Calico’s data is in etcd', async () => {
      const etcd = await openDatastore(accessTo({ kubeconfigInline: server.kubeconfig() }, 'etcdv3'));
      assert.deepEqual(etcd.resources, ['services', 'endpointslices']);
      await list('services', etcd);
      await etcd.close();
    });

    it('follows Calico from one API group to the other without losing an object', async () => {
      const [before, outcome] = await list('hostendpoints');
      assert.deepEqual(before.ops(), ['put h1']);
      const sink = new RecordingSink();
      const watching = datastore.watch({
        resource: 'hostendpoints',
        sink,
        signal: run.signal,
        revision: outcome.revision,
      });
      const moved = assert.rejects(watching, failsWith('relist'));
      await server.call('PATCH', `${V1}/clusterinformations/default`, { spec: { datastoreReady: false } });
      await server.applyCalicoCrds('projectcalico.org');
      await create(
        `${V3}/hostendpoints`,
        calico('v3', 'HostEndpoint', 'h1', { node: 'n1', interfaceName: '*' }),
      );
      await create(
        `${V3}/clusterinformations`,
        calico('v3', 'ClusterInformation', 'default', { clusterGUID: 'guid-1', datastoreReady: true }),
      );
      await moved;
      const [moving] = await list('hostendpoints');
      assert.deepEqual(moving.ops(), ['put h1']);
      for (const plural of ['hostendpoints', 'ippools', 'clusterinformations']) {
        await server.kubectl(['delete', 'crd', `${plural}.crd.projectcalico.org`]);
      }
      assert.deepEqual((await list('hostendpoints'))[0].ops(), ['put h1']);
      assert.ok(!sink.ops().some((op) => op.startsWith('delete')), sink.ops().join());
    });

    it('notices a server whose history was replaced, which is silent for ever', async () => {
      const quick = await openDatastore(
        accessTo({ kubeconfigInline: server.kubeconfig() }),
        {},
        { watchIdleMs: 300 },
      );
      const sink = new RecordingSink();
      const watch = (revision: string): Promise<void> =>
        quick.watch({ resource: 'services', sink, signal: run.signal, revision });
      await assert.rejects(watch('999999999'), failsWith('relist', 'ClusterReplaced'));
      const [, { revision }] = await list('services', quick);
      await watch(revision);
      await quick.close();
    });

    it('asks for a new list where the revision is compacted away', async () => {
      const old = await server.call('GET', '/api/v1/namespaces?limit=1');
      const revision = String(old.body.metadata.resourceVersion);
      for (let i = 0; i < 3; i++) await create('/api/v1/namespaces', { metadata: { name: `n${i}` } });
      await server.etcd.compact();
      // After a restart the server's watch cache knows nothing older.
      await server.restart();
      const sink = new RecordingSink();
      const watch = (): Promise<void> =>
        datastore.watch({ resource: 'profiles.namespaces', sink, signal: run.signal, revision });
      const outcome = await until('the answer of the restarted server', async () => {
        const error = (await watch().catch((reason: unknown) => reason)) as { reaction?: string };
        return error.reaction === 'relist' ? error : undefined;
      });
      assert.equal(outcome.reaction, 'relist');
    });
  },
);

withServers(
  'a Kubernetes datastore on a kube-apiserver without WatchList',
  ['etcd', 'kube-apiserver', 'kubectl'],
  (rig) => {
    it('lists by pages at one revision', async () => {
      const server = await rig.kubeApiserver({ featureGates: { WatchList: false } });
      for (let i = 0; i < 7; i++)
        await server.call('POST', '/api/v1/namespaces', { metadata: { name: `n${i}` } });
      const datastore = await openDatastore(
        accessTo({ kubeconfigInline: server.kubeconfig() }),
        {},
        { pageLimit: 3 },
      );
      const sink = new RecordingSink();
      const signal = AbortSignal.timeout(20_000);
      const outcome = await datastore.list({ resource: 'profiles.namespaces', sink, signal });
      assert.equal(outcome.tail, undefined);
      assert.equal(
        sink.entries.filter((entry) => 'name' in entry && /^kns\.n\d$/.test(entry.name)).length,
        7,
      );
      await datastore.close();
    });
  },
);

function calico(version: 'v1' | 'v3', kind: string, name: string, spec: object): object {
  const group = version === 'v1' ? 'crd.projectcalico.org/v1' : 'projectcalico.org/v3';
  return { apiVersion: group, kind, metadata: { name }, spec };
}

function hostEndpoint(): object {
  return calico('v1', 'HostEndpoint', 'h1', { node: 'n1', interfaceName: '*' });
}
