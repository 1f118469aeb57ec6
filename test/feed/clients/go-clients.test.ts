import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { withServers } from '../../rig/suite.ts';
import { assertHoldsIndex } from './go-equality.ts';
import { FeedWorld } from './feed-world.ts';
import { GoClient } from './go-client.ts';
import type { GoClientOptions } from './go-client.ts';
import { CHURNED } from './random-objects.ts';
import type { ChurnedResource } from './random-objects.ts';

const TYPED: readonly ChurnedResource[] = ['services', 'endpointslices'];
const CUSTOM: readonly ChurnedResource[] = ['workloadendpoints', 'hostendpoints', 'profiles', 'ippools'];
const MODES = [
  { mode: 'typed', resources: TYPED },
  { mode: 'dynamic', resources: [...CUSTOM, 'remoteclusters'] },
  { mode: 'metadata', resources: CHURNED },
  { mode: 'cache', resources: CHURNED },
] as const;

withServers("Go's stock informers hold what the index holds", ['feed-client'], (rig) => {
  const clients: GoClient[] = [];
  const started = startWorld();
  after(async () => {
    for (const client of clients) client.stop();
    await (await started).world.close();
  });

  async function startWorld(): Promise<{ readonly world: FeedWorld; readonly kubeconfig: string }> {
    const world = await FeedWorld.start({ seed: Number(process.env['PBT_SEED'] ?? 11) });
    const kubeconfig = join(await rig.directory(), 'kubeconfig');
    await writeFile(kubeconfig, world.kubeconfig());
    return { world, kubeconfig };
  }

  async function start(options: Omit<GoClientOptions, 'binary' | 'kubeconfig'>): Promise<GoClient> {
    const { kubeconfig } = await started;
    const client = await GoClient.start({ ...options, binary: rig.binary('feed-client'), kubeconfig });
    clients.push(client);
    return client;
  }

  /** Until all clients are equal to the index. */
  async function assertAllEqual(): Promise<void> {
    const { world } = await started;
    await Promise.all(clients.map((client) => assertHoldsIndex(client, world)));
    assert.deepEqual(world.faults, []);
  }

  /** Random changes while something happens. */
  async function churning(during: (world: FeedWorld) => Promise<void>): Promise<void> {
    const { world } = await started;
    const timer = setInterval(() => world.churn(), 2);
    try {
      await during(world);
    } finally {
      clearInterval(timer);
    }
  }

  /** How often a client read a collection as a whole. */
  async function beginnings(client: GoClient): Promise<number> {
    const { requests } = await client.counts();
    return (requests['list'] ?? 0) + (requests['watchlist'] ?? 0);
  }

  it('from the first list on, in every form', async () => {
    await churning(async () => {
      const wanted = [true, false].flatMap((watchList) => MODES.map((mode) => ({ ...mode, watchList })));
      await Promise.all(wanted.map(start));
      await start({ mode: 'dynamic', resources: CHURNED, watchList: true, context: 'fedsyncd-west' });
      await delay(300);
    });
    await assertAllEqual();
    for (const client of clients) {
      const { requests, errors, types } = await client.counts();
      const { watchList, resources, mode } = client.options;
      assert.deepEqual(errors, {}, client.name);
      const initial = watchList ? requests['watchlist'] : requests['list'];
      assert.ok((initial ?? 0) >= resources.length, `${client.name}: ${JSON.stringify(requests)}`);
      if (!watchList) assert.equal(requests['watchlist'], undefined, client.name);
      const isProtobuf = Object.keys(types).some((type) =>
        type.startsWith('application/vnd.kubernetes.protobuf'),
      );
      assert.equal(isProtobuf, mode !== 'dynamic', `${client.name}: ${JSON.stringify(types)}`);
    }
  });

  it('when connections break, without a new list', async () => {
    const before = await Promise.all(clients.map(beginnings));
    await churning(async (world) => {
      // A watch that lived less than a second and saw nothing is begun again by a list.
      await delay(1100);
      world.cut();
      await delay(100);
    });
    await assertAllEqual();
    assert.deepEqual(await Promise.all(clients.map(beginnings)), before);
  });

  it('when connections break again and again', async () => {
    await churning(async (world) => {
      for (let i = 0; i < 6; i++) {
        await delay(100);
        world.cut();
      }
    });
    await assertAllEqual();
  });

  it('when another process of the feed takes over, by a new list', async () => {
    const before = await Promise.all(clients.map(beginnings));
    await churning(async (world) => {
      await delay(200);
      await world.restart();
      await delay(200);
    });
    await assertAllEqual();
    const now = await Promise.all(clients.map(beginnings));
    for (const [i, client] of clients.entries()) {
      assert.ok((now[i] ?? 0) >= (before[i] ?? 0) + client.options.resources.length, client.name);
    }
  });

  it('when clusters come, go and cannot be reached', async () => {
    await churning(async (world) => {
      world.addCluster('north');
      world.setStatus('prod.eu', { status: 'NotConnecting', reason: 'Timeout', message: 'no answer' });
      await delay(200);
      await world.removeCluster('west');
      await delay(1200);
    });
    // The view of a cluster that is gone: everything of it is told as deleted.
    await assertAllEqual();
  });
});
