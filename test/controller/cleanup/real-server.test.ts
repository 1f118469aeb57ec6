import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock } from '../../../src/runtime/clock.ts';
import { systemRandom } from '../../../src/runtime/random.ts';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { connectTo } from '../election/real-api.ts';
import { endpoints, run, slice } from './cleanup-fixture.ts';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';

// oxlint-disable-next-line typescript/no-explicit-any -- an answer of any shape
type Answer = any;

withServers(
  'cleanup on real servers',
  ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager'],
  (rig) => {
    it('leaves the services of an earlier controller served by the mirroring controller', async () => {
      const server = await rig.kubeApiserver();
      await server.kubectl(['create', 'namespace', 'shop']);
      for (const name of ['web', 'api']) {
        const spec = { ports: [{ port: 80 }] };
        const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name }, spec };
        assert.equal((await server.call('POST', '/api/v1/namespaces/shop/services', service)).status, 201);
      }
      await server.call('POST', '/api/v1/namespaces/shop/endpoints', endpoints('web', true));
      await server.call('POST', '/api/v1/namespaces/shop/endpoints', endpoints('api', false));
      for (const name of ['web-0123456789-0', 'web-0123456789-1']) {
        assert.equal((await server.call('POST', SLICES, slice('web', name))).status, 201);
      }
      await server.call('POST', SLICES, slice('web', 'by-hand', 'me'));
      await rig.kubeControllerManager(server);
      const managers = async () =>
        (await server.call('GET', SLICES)).body.items.map(({ metadata }: Answer) => [
          metadata.labels['kubernetes.io/service-name'],
          metadata.labels['endpointslice.kubernetes.io/managed-by'],
        ]);
      const { api, close } = await connectTo(server);
      const context = { clock: systemClock, random: systemRandom, signal: AbortSignal.timeout(60_000) };
      try {
        const planned = await run(api, { ...context, dryRun: true });
        assert.deepEqual(
          planned.map((line) => line.split(':')[0]),
          ['planned', 'planned', 'planned'],
        );
        assert.deepEqual(await run(api, { ...context, dryRun: false }), [
          'done: Endpoints shop/web: label endpointslice.kubernetes.io/skip-mirror removed',
          'done: EndpointSlice shop/web-0123456789-0: deleted',
          'done: EndpointSlice shop/web-0123456789-1: deleted',
        ]);
        assert.deepEqual((await managers()).sort(), [
          ['web', 'endpointslicemirroring-controller.k8s.io'],
          ['web', 'me'],
        ]);
        const { metadata } = (await server.call('GET', '/api/v1/namespaces/shop/endpoints/web')).body;
        assert.deepEqual(metadata.labels, { team: 'net' });
        assert.deepEqual(
          Object.keys(metadata.annotations).filter((key) => key.startsWith('fedsyncd')),
          [],
        );
        assert.deepEqual(await run(api, { ...context, dryRun: false }), []);
        await until('api stays unmirrored', async () => (await managers()).length === 2);
      } finally {
        await close();
      }
    });
  },
);
