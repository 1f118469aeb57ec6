/** A simulated fleet for the daemon, which writes down when it changed what. Spoken to by IPC messages. */
import { workloadEndpointNameOf } from '../../src/simulator/calico-objects.ts';
import { podAddress } from '../../src/simulator/world-facts.ts';
import { startFleet } from '../../src/simulator/fleet.ts';
import type { SimulatedCluster } from '../../src/simulator/simulated-cluster.ts';
import { namespaceOf } from '../../src/simulator/world-items.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import { work } from '../harness/client-protocol.ts';
import { now } from '../harness/shared-clock.ts';
import { pace } from './pace.ts';

const options = work() as { clusters: number; endpoints: number; services: number; directory: string };
const fleet = await startFleet({ ...options, changesPerSecond: 0, seed: 7, history: 5000 });
const random = seededRandom(8);
/** What changed is left alone for so long: each change is to be seen, and none undone before. */
const REST_MS = 1000;
const changedAt = new Map<string, number>();
/** By cluster, namespace and name of each endpoint that was created: when, in milliseconds of the shared clock. */
let commits: Commit[] = [];
/** `address ready` of endpoints that became ready or not ready, in clusters whose services are read. */
let flips: Commit[] = [];
let rate = 0;

export type Commit = readonly [key: string, at: number];

export type FleetMessage =
  | { readonly type: 'rate'; readonly changesPerSecond: number }
  | { readonly type: 'commits' }
  | { readonly type: 'flips' }
  | { readonly type: 'reset'; readonly cluster: number };

process.on('message', (message: FleetMessage) => {
  switch (message.type) {
    case 'rate':
      rate = message.changesPerSecond;
      return;
    case 'commits':
      process.send?.(commits);
      commits = [];
      return;
    case 'flips':
      process.send?.(flips);
      flips = [];
      return;
    case 'reset': {
      const cluster = fleet.clusters[message.cluster];
      void cluster?.reset().then(() => process.send?.(cluster.name));
      return;
    }
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ clusters: fleet.clusters.map(({ name }) => name) });

/** Half of the changes replace a pod, the others flip a readiness or a label, as in the simulator's own churn. */
function change(cluster: SimulatedCluster): void {
  const { deployments } = cluster.world;
  const index = Math.floor(random() * deployments.count);
  const kind = random();
  const place = `${cluster.name} ${index}`;
  if (now() - (changedAt.get(place) ?? Number.NEGATIVE_INFINITY) < REST_MS) return;
  changedAt.set(place, now());
  if (kind >= 0.83) deployments.touch(index);
  else if (kind >= 0.5) flip(cluster, index);
  else {
    const pod = deployments.replace(index, Date.now());
    commits.push([`${cluster.name} ${namespaceOf(pod.key)} ${workloadEndpointNameOf(pod)}`, now()]);
  }
}

function flip({ kubernetes, world }: SimulatedCluster, index: number): void {
  const { address, ready } = world.deployments.setReady(index, !world.deployments.pod(index).ready);
  if (kubernetes !== undefined) flips.push([`${podAddress(world.facts, address)} ${ready}`, now()]);
}

await pace(
  () => rate,
  () => {
    const cluster = fleet.clusters[Math.floor(random() * fleet.clusters.length)];
    if (cluster?.running === true) change(cluster);
  },
);
