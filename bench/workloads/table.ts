import type { Report } from '../harness/report.ts';
import type { Settings } from '../harness/settings.ts';
import { curves } from './curves.ts';
import { feedFleet } from './feed-fleet.ts';
import { feedList } from './feed-list.ts';
import { feedRing } from './feed-ring.ts';
import { fleet, restart } from './fleet.ts';
import { indexMemory, pointLookUp, selectorLookUp } from './index-alone.ts';
import { podsFirstSync } from './s1-pods-first-sync.ts';
import { podsReplay } from './s2-pods-replay.ts';
import { podWatch } from './s3-pod-watch.ts';
import { etcdFirstSync } from './s4-etcd-first-sync.ts';
import { etcdVariants } from './s4-variants.ts';
import { etcdFarAway } from './s5-etcd-far-away.ts';
import { etcdWatch } from './s6-etcd-watch.ts';
import { largeService, serviceFleet } from './services-planned.ts';
import { changeToWrite } from './services-written.ts';
import { idleCluster, start } from './small-costs.ts';

type Workload = (settings: Settings) => Promise<Report>;

/** Every workload by its number in the goals. */
export const workloads: ReadonlyMap<string, Workload> = new Map([
  ['S1', podsFirstSync],
  ['S2', podsReplay],
  ['S3', podWatch],
  ['S4', etcdFirstSync],
  ['S4V', etcdVariants],
  ['S5', etcdFarAway],
  ['S6', etcdWatch],
  ['S7', indexMemory],
  ['S8', fleet],
  ['S9', restart],
  ['S10', selectorLookUp],
  ['S11', pointLookUp],
  ['S12', idleCluster],
  ['S13', start],
  ['S14', curves],
  ['S15', largeService],
  ['S16', serviceFleet],
  ['S17', changeToWrite],
  ['S18', feedRing],
  ['S19', feedList],
  ['S20', feedFleet],
]);

/** What a quick run takes. */
export const quickWorkloads: readonly string[] = [
  'S1',
  'S3',
  'S4',
  'S6',
  'S7',
  'S15',
  'S16',
  'S18',
  'S19',
  'S20',
];
