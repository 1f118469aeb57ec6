import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { World } from './world.ts';

export interface ChurnOptions {
  readonly changesPerSecond: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** How long one step is; changes that are due come together at its end. */
const STEP_MS = 100;

/**
 * Keeps changing a cluster until the signal aborts: half of the changes replace a pod, a third flips a readiness,
 * the rest changes a label. Resolves when aborted.
 */
export async function runChurn(world: World, options: ChurnOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, changesPerSecond } = options;
  if (changesPerSecond <= 0 || world.deployments.count === 0) return;
  const pause = Math.max(STEP_MS, 1000 / changesPerSecond);
  let last = clock.monotonic();
  let due = random();
  while (!signal.aborted) {
    try {
      await clock.sleep(pause, signal);
    } catch {
      return;
    }
    const now = clock.monotonic();
    due += ((now - last) / 1000) * changesPerSecond;
    last = now;
    for (; due >= 1; due--) changeOne(world, random, clock.now());
  }
}

/** One random change. `now` in milliseconds. */
export function changeOne(world: World, random: Random, now: number): void {
  const { deployments } = world;
  const index = Math.floor(random() * deployments.count);
  const kind = random();
  const pod = deployments.pod(index);
  if (kind < 0.5) deployments.replace(index, now);
  else if (kind < 0.83) deployments.setReady(index, !pod.ready);
  else deployments.setTrack(index, pod.track === 'stable' ? 'canary' : 'stable');
}
