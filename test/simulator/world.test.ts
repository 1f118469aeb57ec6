import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../src/runtime/random.ts';
import { changeOne, runChurn } from '../../src/simulator/churn.ts';
import { encodeEtcdValue, encodeObject } from '../../src/simulator/object-encoding.ts';
import type { WorldItem } from '../../src/simulator/world-items.ts';
import { World } from '../../src/simulator/world.ts';
import { FakeClock } from '../support/fake-clock.ts';

const GROUP = 'crd.projectcalico.org/v1';

function json(world: World, item: WorldItem): Record<string, Record<string, unknown>> {
  const bytes = encodeObject(world.facts, item, item.revision, { format: 'json', group: GROUP });
  return JSON.parse(bytes.toString('utf8')) as Record<string, Record<string, unknown>>;
}

interface SliceJson {
  readonly endpoints: readonly { readonly addresses: string[]; readonly conditions: { ready: boolean } }[];
}

/** The addresses that services know, from the slices and from the pods. */
function bothViews(world: World): { slices: string[]; pods: string[] } {
  const slices = world.store.tables.endpointslices.all().flatMap((slice) => {
    const { endpoints } = json(world, slice) as unknown as SliceJson;
    return endpoints.map(({ addresses, conditions }) => `${addresses[0]} ${conditions.ready}`);
  });
  const pods = world.deployments.all.flatMap((deployment) =>
    deployment.pods.map((pod) => {
      const { status } = json(world, pod) as { status: Record<string, unknown> };
      return `${String(status['podIP'])} ${pod.ready}`;
    }),
  );
  return { slices: slices.sort(), pods: pods.sort() };
}

describe('World', () => {
  it('is the same for the same options, and another for another seed or position', () => {
    const encoded = (seed: number, number: number): string[] => {
      const world = new World({ seed, number, endpoints: 30, services: 3 });
      return world.store.tables.pods.all().map((pod) => JSON.stringify(json(world, pod)));
    };
    assert.deepEqual(encoded(1, 0), encoded(1, 0));
    assert.notDeepEqual(encoded(1, 0), encoded(2, 0));
    assert.notDeepEqual(encoded(1, 0), encoded(1, 1));
  });

  it('has as many endpoints and services as asked for, with real UUIDs and unique addresses', () => {
    for (const [endpoints, services] of [
      [0, 0],
      [1, 0],
      [25, 40],
      [1000, 100],
      [450, 2],
    ] as const) {
      const world = new World({ seed: 7, endpoints, services });
      const expected = [...world.expectedEndpoints()];
      assert.equal(expected.length, endpoints);
      assert.equal(new Set(expected.map(({ addresses }) => addresses[0])).size, endpoints);
      assert.equal(world.store.tables.services.size, services);
      for (const table of Object.values(world.store.tables)) {
        for (const item of table.all()) {
          const { metadata } = json(world, item);
          const uid = String(metadata?.['uid']);
          assert.match(uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
        }
      }
    }
  });

  it('keeps slices, addresses and etcd keys consistent through any changes', () => {
    const world = new World({ seed: 3, endpoints: 230, services: 2, etcd: true, ipv6: true });
    const random = seededRandom(5);
    for (let i = 0; i < 2000; i++) changeOne(world, random, 1_800_000_000_000 + i);
    const { slices, pods } = bothViews(world);
    assert.deepEqual(slices, pods);
    assert.equal(slices.length, 230);
    const keys = world.store.etcd?.all().filter(({ key }) => key.includes('/workloadendpoints/')) ?? [];
    const expected = [...world.expectedEndpoints()].map(({ namespace, name, addresses }) => ({
      key: `/calico/resources/v3/projectcalico.org/workloadendpoints/${namespace}/${name}`,
      nets: [`${addresses[0]}/32`, `${addresses[1]}/128`],
    }));
    const stored = keys.map(({ key, source }) => {
      const value = JSON.parse(encodeEtcdValue(world.facts, source).toString()) as {
        spec: { ipNetworks: string[] };
      };
      return { key, nets: value.spec.ipNetworks };
    });
    const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1);
    assert.deepEqual(stored.sort(byKey), expected.sort(byKey));
  });

  it('leaves out pods that are no endpoints', () => {
    const world = new World({ seed: 1, endpoints: 20, services: 2 });
    const pods = world.store.tables.pods.all();
    assert.ok(pods.some((pod) => pod.workload.hostNetwork));
    assert.ok(pods.some((pod) => pod.phase === 'Succeeded'));
    assert.equal([...world.expectedEndpoints()].length, 20);
    const bare = new World({ seed: 1, endpoints: 20, services: 2, systemPods: false });
    assert.equal(bare.store.tables.pods.size, 20);
  });

  it('has pods and WorkloadEndpoints of a realistic size', () => {
    const world = new World({ seed: 1, endpoints: 20, services: 2, etcd: true });
    const pod = world.deployments.pod(0);
    const size = (format: 'json' | 'protobuf'): number =>
      encodeObject(world.facts, pod, pod.revision, { format, group: GROUP }).length;
    assert.ok(size('json') > 4500 && size('json') < 7500, String(size('json')));
    assert.ok(size('protobuf') > 2800 && size('protobuf') < 4500, String(size('protobuf')));
    const wep = encodeEtcdValue(world.facts, pod).length;
    assert.ok(wep > 900 && wep < 1300, String(wep));
  });

  it('keeps a custom resource of v1 as Calico does: labels in an annotation', () => {
    const world = new World({ seed: 1, endpoints: 1, services: 0 });
    const [item] = world.store.tables.hostendpoints.all();
    assert.ok(item);
    const v1 = json(world, item)['metadata'] as { labels?: unknown; annotations: Record<string, string> };
    assert.equal(v1.labels, undefined);
    const kept = JSON.parse(v1.annotations['projectcalico.org/metadata'] ?? '') as { labels: object };
    assert.ok('role' in kept.labels);
    const as = { format: 'json', group: 'projectcalico.org/v3' } as const;
    const v3 = JSON.parse(encodeObject(world.facts, item, 1, as).toString()) as { metadata: object };
    assert.ok('labels' in v3.metadata);
  });

  it('changes at the chosen rate as long as it runs', async () => {
    const world = new World({ seed: 1, endpoints: 50, services: 5 });
    const clock = new FakeClock();
    const controller = new AbortController();
    const before = world.store.revision;
    const options = { changesPerSecond: 20, clock, random: seededRandom(1) };
    const running = runChurn(world, options, controller.signal);
    await clock.advance(10_000);
    const changes = world.store.tables.pods.endSequence;
    // Half of the 200 changes write a pod three times, the others once.
    assert.ok(changes > 300 && changes < 500, String(changes));
    assert.ok(world.store.revision > before);
    controller.abort();
    await running;
    assert.equal(clock.pending, 0);
  });
});
