import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { until } from '../../rig/deadline.ts';
import { withServers } from '../../rig/suite.ts';
import { accessOf, Follower, open, ROOT, wepKey, wepValue } from './fixture.ts';
import { TcpProxy } from './tcp-proxy.ts';

const seed = Number(process.env['PBT_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['PBT_NUM_RUNS'] ?? 6);

const pod = fc.integer({ min: 0, max: 9 }).map((i) => `pod-${i}`);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('put' as const), pod, octet: fc.integer({ min: 1, max: 250 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('delete' as const), pod }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('many' as const), pods: fc.uniqueArray(pod, { minLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('cut later' as const), bytes: fc.integer({ min: 1, max: 3000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

withServers('etcdv3: random histories', ['etcd'], (rig) => {
  it('end with what is in etcd, whatever happened on the way', async (test) => {
    const etcd = await rig.etcd();
    const proxy = await TcpProxy.start(test, etcd.port);
    const run = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      proxy.cut();
      await etcd.deletePrefix(ROOT);
      const model = new Map<string, string>();
      const datastore = await open(test, accessOf([proxy.endpoint]));
      const follower = new Follower(test, datastore);
      const agrees = (): boolean =>
        follower.recorder.objects.size === model.size &&
        [...model].every(([name, address]) => {
          const entry = follower.recorder.objects.get(`default/${name}`);
          return entry?.kind === 'WorkloadEndpoint' && entry.ipNetworks[0] === `${address}/32`;
        });
      for (const one of steps) {
        switch (one.do) {
          case 'put':
            model.set(one.pod, `10.0.0.${one.octet}`);
            await etcd.put(wepKey('default', one.pod), wepValue('default', one.pod, `10.0.0.${one.octet}`));
            break;
          case 'delete':
            model.delete(one.pod);
            await etcd.delete(wepKey('default', one.pod));
            break;
          case 'many':
            for (const name of one.pods) model.set(name, '10.0.1.1');
            await etcd.putAll(
              new Map(
                one.pods.map((name) => [wepKey('default', name), wepValue('default', name, '10.0.1.1')]),
              ),
            );
            break;
          case 'cut':
            proxy.cut();
            break;
          case 'cut later':
            proxy.cutAfter(one.bytes);
            break;
          case 'compact':
            // The same revision twice is an error.
            await etcd.put('/other', 'x');
            await etcd.compact();
            break;
          case 'kill':
            await etcd.kill();
            await etcd.restart();
            break;
          case 'settle':
            proxy.cutAfter(Infinity);
            await until('it settles in between', agrees);
        }
      }
      proxy.cutAfter(Infinity);
      await until('it settles', agrees);
      await follower.stop();
      await datastore.close();
      await until('no connection is left', () => proxy.connections === 0);
      assert.ok(follower.lists >= 1);
    });
    await fc.assert(run, { seed, numRuns, endOnFailure: true });
  });
});
