import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { MERGED } from '../../../src/feed/feed-object.ts';
import type { FeedView } from '../../../src/feed/feed-object.ts';
import { until } from '../../rig/deadline.ts';
import { expected, expectedClusters, held, heldClusters } from './expected.ts';
import type { FeedWorld } from './feed-world.ts';
import type { GoClient } from './go-client.ts';

/** Waits until the client holds exactly what the index does. While the index changes that may never be. */
export async function assertHoldsIndex(
  client: GoClient,
  world: FeedWorld,
  timeoutMs = 15_000,
): Promise<void> {
  await until(client.name, async () => (await difference(client, world)) === undefined, {
    timeoutMs,
    everyMs: 100,
  }).catch(async () => {
    assert.fail(`${await difference(client, world)}\n${JSON.stringify(await client.counts())}`);
  });
}

async function difference(client: GoClient, world: FeedWorld): Promise<string | undefined> {
  const { mode, context, resources } = client.options;
  const view: FeedView =
    context === undefined ? MERGED : { view: 'cluster', cluster: context.replace('fedsyncd-', '') };
  const dump = await client.dump();
  for (const resource of resources) {
    const objects = dump[resource] ?? [];
    const isClusters = resource === 'remoteclusters';
    const told = isClusters ? heldClusters(objects) : held(objects, resource);
    const wanted = isClusters
      ? expectedClusters(world)
      : expected(world, resource, mode === 'metadata' ? 'metadata' : 'object', view);
    if (isDeepStrictEqual(told, wanted)) continue;
    try {
      assert.deepEqual(told, wanted);
    } catch (error) {
      return `${client.name}, ${resource}: ${String(error)}`;
    }
  }
  return undefined;
}
