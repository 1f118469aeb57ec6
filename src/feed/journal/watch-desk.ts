import type { Reporter } from '../../contract/event.ts';
import type { Clock } from '../../runtime/clock.ts';
import { afterTurn } from '../../runtime/yield.ts';
import { FEED_PLURALS } from '../feed-resource.ts';
import type { FeedPlural } from '../feed-resource.ts';
import type { WatchEnd, WatchSink } from '../feed-store.ts';
import { WatchRun } from './watch-run.ts';
import type { WatchPlan, WatchSurroundings } from './watch-run.ts';

/** Work for watches in one turn of the event loop. */
const TURN_MS = 5;

export interface WatchDeskOptions extends Pick<WatchSurroundings, 'border' | 'version' | 'graceMs'> {
  readonly clock: Clock;
  readonly report: Reporter;
  /** Called after each turn of writing, with the milliseconds that it took: bytes may have been encoded. */
  readonly afterTurn: (ms: number) => void;
}

/** All watches. Those that have something to write take turns, a batch each. */
export class WatchDesk {
  readonly #options: WatchDeskOptions;
  readonly #runs = new Map<FeedPlural, Set<WatchRun>>(FEED_PLURALS.map((plural) => [plural, new Set()]));
  /** In the order of their turns. */
  readonly #due = new Set<WatchRun>();
  readonly #ends: Record<WatchEnd, number> = {
    timeout: 0,
    removed: 0,
    expired: 0,
    slow: 0,
    stopped: 0,
    failed: 0,
  };
  #cancelTurn: (() => void) | undefined;

  constructor(options: WatchDeskOptions) {
    this.#options = options;
  }

  get endsTotal(): Readonly<Record<WatchEnd, number>> {
    return { ...this.#ends };
  }

  count(resource: FeedPlural): number {
    return this.#of(resource).size;
  }

  add(resource: FeedPlural, plan: WatchPlan, sink: WatchSink): WatchRun {
    const { border, version, graceMs, clock } = this.#options;
    const around: WatchSurroundings = {
      border,
      version,
      graceMs,
      schedule: (run) => this.#schedule(run),
      onEnd: (run, why) => {
        this.#of(resource).delete(run);
        this.#due.delete(run);
        if (why !== undefined) this.#ends[why]++;
      },
    };
    const run = new WatchRun(plan, sink, around, clock.monotonic());
    this.#of(resource).add(run);
    this.#schedule(run);
    return run;
  }

  /** There is something new for the watches of these collections. */
  wake(resources: Iterable<FeedPlural>): void {
    for (const resource of resources) for (const run of this.#of(resource)) this.#schedule(run);
  }

  /** Ends the watches of a cluster's view when they have told everything. */
  remove(cluster: string): void {
    const now = this.#options.clock.monotonic();
    for (const runs of this.#runs.values()) {
      for (const run of runs) {
        const { view } = run.plan.variant;
        if (view.view === 'cluster' && view.cluster === cluster) run.remove(now);
      }
    }
  }

  /** To be called a few times a second. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    for (const runs of this.#runs.values()) for (const run of runs) this.#guard(run, () => run.tick(now));
  }

  /** Ends all watches. */
  stop(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
    for (const runs of this.#runs.values()) for (const run of runs) run.end('stopped');
  }

  #of(resource: FeedPlural): Set<WatchRun> {
    return this.#runs.get(resource) as Set<WatchRun>;
  }

  #schedule(run: WatchRun): void {
    this.#due.add(run);
    this.#cancelTurn ??= afterTurn(() => this.#turn());
  }

  #turn(): void {
    this.#cancelTurn = undefined;
    const { clock } = this.#options;
    const from = clock.monotonic();
    for (const run of this.#due) {
      this.#due.delete(run);
      // Behind all others: each writes one batch before any writes its next.
      if (this.#guard(run, () => run.step())) this.#due.add(run);
      if (clock.monotonic() - from >= TURN_MS) break;
    }
    this.#options.afterTurn(clock.monotonic() - from);
    if (this.#due.size > 0) this.#cancelTurn ??= afterTurn(() => this.#turn());
  }

  /** One watch that cannot go on must not end the others. */
  #guard<T>(run: WatchRun, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#options.report({
        event: 'internal.error',
        message: `a watch of the feed failed: ${String(error)}`,
      });
      run.end('failed');
      return undefined;
    }
  }
}
