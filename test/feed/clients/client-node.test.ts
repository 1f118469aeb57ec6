import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { CustomObjectsApi, DiscoveryV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import type { KubernetesListObject, KubernetesObject, ListPromise } from '@kubernetes/client-node';
import { until } from '../../rig/deadline.ts';
import { expected, held } from './expected.ts';
import { FeedWorld } from './feed-world.ts';
import type { ChurnedResource } from './random-objects.ts';

interface Follower {
  readonly resource: ChurnedResource;
  readonly list: () => readonly unknown[];
}

function follow(
  test: TestContext,
  config: KubeConfig,
  resource: ChurnedResource,
  from: { readonly path: string; readonly list: ListPromise<KubernetesObject> },
): Follower {
  const informer = makeInformer(config, from.path, from.list);
  const objects = new Map<string, KubernetesObject>();
  const keyOf = ({ metadata }: KubernetesObject): string => `${metadata?.namespace}/${metadata?.name}`;
  const stop = new AbortController();
  for (const verb of ['add', 'update'] as const) informer.on(verb, (one) => objects.set(keyOf(one), one));
  informer.on('delete', (one) => objects.delete(keyOf(one)));
  informer.on('error', () => {
    void delay(50).then(() => (stop.signal.aborted ? undefined : informer.start()));
  });
  test.after(async () => {
    stop.abort();
    await informer.stop();
  });
  void informer.start();
  return { resource, list: () => [...objects.values()].map(asTold) };
}

/** A typed list makes dates of times. */
function asTold(object: KubernetesObject): unknown {
  return JSON.parse(JSON.stringify(object).replaceAll('.000Z"', 'Z"'));
}

describe("client-node's informer", () => {
  it('holds what the index holds, under churn, cuts and a restart', async (test) => {
    const world = await FeedWorld.start({ seed: 5 });
    test.after(() => world.close());
    const config = new KubeConfig();
    config.loadFromString(world.kubeconfig());
    const custom = config.makeApiClient(CustomObjectsApi);
    const discovery = config.makeApiClient(DiscoveryV1Api);
    const calico = { group: 'projectcalico.org', version: 'v3' };
    const customList = async (plural: string): Promise<KubernetesListObject<KubernetesObject>> =>
      (await custom.listClusterCustomObject({ ...calico, plural })) as KubernetesListObject<KubernetesObject>;
    const followers = [
      follow(test, config, 'endpointslices', {
        path: '/apis/discovery.k8s.io/v1/endpointslices',
        list: () => discovery.listEndpointSliceForAllNamespaces(),
      }),
      ...(['workloadendpoints', 'hostendpoints', 'ippools'] as const).map((plural) =>
        follow(test, config, plural, {
          path: `/apis/projectcalico.org/v3/${plural}`,
          list: () => customList(plural),
        }),
      ),
    ];
    const churning = setInterval(() => world.churn(), 2);
    try {
      await delay(300);
      world.cut();
      await delay(300);
      await world.restart();
      await delay(300);
      world.cut();
      await world.removeCluster('west');
    } finally {
      clearInterval(churning);
    }
    for (const { resource, list } of followers) {
      const wanted = (): unknown => expected(world, resource, 'object');
      await until(resource, () => isDeepStrictEqual(held(list(), resource), wanted())).catch(() =>
        assert.deepEqual(held(list(), resource), wanted()),
      );
      assert.ok(list().length > 0);
    }
    assert.deepEqual(world.faults, []);
  });
});
