import type { Etcd3 } from 'etcd3';
import { objectEnvelope } from '../../src/simulator/kubernetes-frames.ts';
import { encodeEtcdValue } from '../../src/simulator/object-encoding.ts';
import { ETCD_ROOT } from '../../src/simulator/etcd-keys.ts';
import type { World } from '../../src/simulator/world.ts';
import { encodePod } from './replay-data.ts';

/** etcd's limit for a transaction is 128. */
const BATCH = 100;
const IN_FLIGHT = 4;
const POD = { kind: 'Pod', groupVersion: 'v1' };

/** Where Calico's WorkloadEndpoints are. */
export const ENDPOINT_PREFIX = `${ETCD_ROOT}workloadendpoints/`;

/**
 * Puts pods where an API server keeps them, as it writes them itself: creating 50,000 through the API takes minutes, and
 * what is read is the same.
 */
export function podPairs(world: World): [string, Buffer][] {
  return [...world.store.tables.pods.all()].map((pod) => {
    const object = encodePod(world, pod, 'protobuf');
    const { head, tail } = objectEnvelope(POD, object.length, 'protobuf');
    return [`/registry/pods/${pod.key}`, Buffer.concat([head, object, tail])];
  });
}

/** The WorkloadEndpoints that Calico's CNI plugin would have written. */
export function endpointPairs(world: World): [string, Buffer][] {
  const items = world.store.etcd?.all() ?? [];
  return items
    .filter(({ key }) => key.startsWith(ENDPOINT_PREFIX))
    .map(({ key, source }) => [key, encodeEtcdValue(world.facts, source)]);
}

/** Writes all pairs, 100 in a revision. */
export async function putAll(client: Etcd3, pairs: readonly (readonly [string, Buffer])[]): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < pairs.length) {
      const batch = pairs.slice(next, next + BATCH);
      next += BATCH;
      const puts = batch.map(([key, value]) => client.put(key).value(value));
      await client
        .if('fedsyncd-bench-never', 'Create', '==', 0)
        .then(...puts)
        .commit();
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
}
