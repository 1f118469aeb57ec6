import type { DaemonEvent } from '../../src/contract/event.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { Gate } from '../../src/runtime/gate.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { EngineContext } from '../../src/sync/engine-context.ts';

/** The engine's context with the daemon's own timings: a budget of 100 objects for each cluster, four lists at once. */
export function engineContext(clock: Clock, seed: number, events: DaemonEvent[]): EngineContext {
  return {
    clock,
    random: seededRandom(seed),
    report: (event) => events.push(event),
    lists: new Gate(4),
    maxObjectsPerCluster: 100,
    timings: {
      idleMs: 600_000,
      firstRetryMs: 500,
      maxRetryMs: 30_000,
      forbiddenRetryMs: 60_000,
      shortWatchMs: 1_000,
    },
  };
}
