/** A simulated fleet whose pods become ready and not ready; it writes down when. Spoken to by IPC messages. */
import { seededRandom } from '../../src/runtime/random.ts';
import { startFleet } from '../../src/simulator/fleet.ts';
import { podAddress } from '../../src/simulator/world-facts.ts';
import { work } from '../harness/client-protocol.ts';
import { now } from '../harness/shared-clock.ts';
import type { ReadyChange } from '../harness/ready-changes.ts';
import { pace } from './pace.ts';

const options = work() as { clusters: number; endpoints: number; services: number; directory: string };
const fleet = await startFleet({
  ...options,
  styles: ['kubernetes'],
  changesPerSecond: 0,
  seed: 7,
  history: 5000,
});
const random = seededRandom(8);
let changes: ReadyChange[] = [];
let rate = 0;

/** A number is the rate from now on; anything else asks for the changes since the last time. */
process.on('message', (message) => {
  if (typeof message === 'object' && message !== null && 'rate' in message) rate = Number(message.rate);
  else {
    process.send?.(changes);
    changes = [];
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ clusters: fleet.clusters.map(({ name }) => name) });

await pace(
  () => rate,
  () => {
    const { world } = fleet.clusters[Math.floor(random() * fleet.clusters.length)] ?? {};
    if (world === undefined) return;
    const index = Math.floor(random() * world.deployments.count);
    const { address, ready } = world.deployments.pod(index);
    changes.push({ address: podAddress(world.facts, address), ready: !ready, at: now() });
    world.deployments.setReady(index, !ready);
  },
);
