import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { until } from '../../rig/deadline.ts';
import type { KubeApiserver } from '../../rig/kube-apiserver.ts';
import { withServers } from '../../rig/suite.ts';
import { RealWorld } from './real-world.ts';

const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';

function addresses(count: number, first = 1): string[] {
  return Array.from({ length: count }, (_, i) => `10.0.${(i + first) >> 8}.${(i + first) & 255}`);
}

const sorted = (list: readonly string[]): string[] => list.toSorted((a, b) => a.localeCompare(b));

withServers('Writer on a real server', ['etcd', 'kube-apiserver', 'kubectl'], (rig) => {
  let server: KubeApiserver;
  before(async () => {
    server = await rig.kubeApiserver();
    for (const name of ['shop', 'doomed']) await createNamespace(name);
  });

  async function createNamespace(name: string): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    assert.equal((await server.call('POST', '/api/v1/namespaces', namespace)).status, 201);
  }

  async function using(
    run: (world: RealWorld) => Promise<void>,
    options: Parameters<typeof RealWorld.start>[1] = {},
  ): Promise<void> {
    const world = await RealWorld.start(server, options);
    try {
      await run(world);
    } finally {
      await world.stop();
    }
  }

  it('writes many services, changes and moves them, and after a restart writes nothing', async (t) => {
    const keys = Array.from({ length: 100 }, (_, i) => `shop/many${i}`);
    const wanted = new Map(keys.map((key, i) => [key, addresses(25, i * 7 + 1)]));
    await using(async (world) => {
      for (const [key, list] of wanted) world.want(key, list);
      const started = performance.now();
      await world.settle();
      t.diagnostic(
        `300 slices created in ${Math.round(performance.now() - started)} ms, limit ${world.writer.limit}`,
      );
      for (const key of keys) {
        const list = (wanted.get(key) ?? []).slice(3).concat('10.9.9.9');
        wanted.set(key, list);
        world.want(key, list);
      }
      await world.settle();
      for (const key of keys.slice(0, 3))
        assert.deepEqual(await world.onServer(key), sorted(wanted.get(key) ?? []));
      world.want('shop/many99', []);
      wanted.set('shop/many99', []);
      await world.settle();
      assert.deepEqual(await world.onServer('shop/many99'), []);
      assert.deepEqual(world.refused, []);
    });
    await using(async (world) => {
      for (const [key, list] of wanted) world.want(key, list);
      await world.settle();
      assert.deepEqual(world.writer.counts(), []);
    });
  });

  it('repairs what others change or delete', async () => {
    await using(async (world) => {
      world.want('shop/repair', addresses(5));
      await world.settle();
      const [slice] = world.owned.ofService('shop', 'repair');
      assert.ok(slice);
      await server.call('PATCH', `${SLICES}/${slice.name}`, {
        endpoints: [],
        metadata: { labels: { mine: 'x' } },
      });
      await until('it is repaired', async () => (await world.onServer('shop/repair')).length === 5);
      await server.call('DELETE', `${SLICES}/${slice.name}`);
      await until('it is there again', async () => (await world.onServer('shop/repair')).length === 5);
    });
  });

  it('gets over what it does not know of: a foreign change, a slice made anew, a deleted one, a taken name', async () => {
    await using(
      async (world) => {
        world.want('shop/blind', addresses(5));
        await world.settle();
        const [slice] = world.owned.ofService('shop', 'blind');
        const path = `${SLICES}/${slice?.name}`;
        await server.call('PATCH', path, { endpoints: [] });
        world.want('shop/blind', addresses(6));
        await world.settle();
        assert.equal((await world.onServer('shop/blind')).length, 6);

        const { body } = await server.call('GET', path);
        await server.call('DELETE', path);
        const { uid: _, resourceVersion: __, ...metadata } = body.metadata;
        assert.equal((await server.call('POST', SLICES, { ...body, metadata, endpoints: [] })).status, 201);
        world.want('shop/blind', addresses(7));
        await world.settle();
        assert.equal((await world.onServer('shop/blind')).length, 7);

        await server.call('DELETE', path);
        world.want('shop/blind', addresses(8));
        await world.settle();
        assert.equal((await world.onServer('shop/blind')).length, 8);

        await server.call('DELETE', path);
        world.want('shop/blind', []);
        await world.settle();
        assert.deepEqual(await world.onServer('shop/blind'), []);
        assert.deepEqual(world.refused, []);
        const results = world.writer.counts().map(({ op, result }) => `${op} ${result}`);
        assert.ok(results.includes('update conflict'), results.join());
        assert.ok(results.includes('update not-found'), results.join());
      },
      { follows: false },
    );
  });

  it('says what the server refuses, and writes the rest', async () => {
    await using(async (world) => {
      world.want('shop/bad', ['10.0.0.1', '127.0.0.1']);
      world.want('shop/good', ['10.0.0.1']);
      await until('it is said', () => world.refused.length > 0);
      assert.equal(world.refused[0]?.problem, 'invalid');
      assert.equal(world.refused[0].key, 'shop/bad');
      assert.match(world.refused[0].message, /127\.0\.0\.1/);
      await until('the other is written', async () => (await world.onServer('shop/good')).length === 1);
      world.want('shop/bad', ['10.0.0.1']);
      await world.settle();
      assert.equal((await world.onServer('shop/bad')).length, 1);
    });
  });

  it('is quiet about a namespace that is being deleted, and writes when it is back', async () => {
    // A finalizer that nobody clears: no namespace controller runs here.
    await server.call('DELETE', '/api/v1/namespaces/doomed');
    await using(async (world) => {
      world.want('doomed/web', ['10.0.0.1']);
      await until('it waits', () => world.writer.waiting === 1);
      assert.equal(world.writer.state('doomed/web').problem, 'terminating');
      assert.deepEqual(world.refused, []);
      const { body } = await server.call('GET', '/api/v1/namespaces/doomed');
      await server.call('PUT', '/api/v1/namespaces/doomed/finalize', { ...body, spec: { finalizers: [] } });
      await until(
        'it is gone',
        async () => (await server.call('GET', '/api/v1/namespaces/doomed')).status === 404,
      );
      await createNamespace('doomed');
      world.want('doomed/web', ['10.0.0.2']);
      await world.settle();
      assert.deepEqual(await world.onServer('doomed/web'), ['10.0.0.2']);
    });
  });

  it('loses nothing and doubles nothing when the server is killed between writes', async () => {
    await using(async (world) => {
      const keys = Array.from({ length: 60 }, (_, i) => `shop/killed${i}`);
      for (const key of keys) world.want(key, addresses(25));
      await until('some are written', () => (world.writer.counts()[0]?.count ?? 0) > 20, { everyMs: 1 });
      await server.kill();
      for (const key of keys) world.want(key, addresses(25, 3));
      await until('it fails', () => world.refused.length > 0);
      await server.restart();
      await world.settle(60_000);
      for (const key of keys) assert.deepEqual(await world.onServer(key), sorted(addresses(25, 3)));
    });
  });
});
