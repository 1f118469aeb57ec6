import type { Reporter } from '../contract/event.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Gate } from '../runtime/gate.ts';
import type { Random } from '../runtime/random.ts';
import type { ReflectorTimings } from './reflector.ts';

/** What every part of the engine is handed: time, chance, limits, and where to report. */
export interface EngineContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Reporter;
  readonly timings: ReflectorTimings;
  /** Caps concurrent lists over all clusters. */
  readonly lists: Gate;
  /** The budget of a cluster: a session that is not in charge yet collects no more than that of one resource. */
  readonly maxObjectsPerCluster: number;
}
