import type { Mark } from './marks.ts';
import { Requests } from './requests.ts';
import type { TrackedService } from './tracked-service.ts';
import { Turns } from './turns.ts';
import { type WriteCount, WriteRecord } from './write-record.ts';
import {
  type QueueLengths,
  type ServiceState,
  type WriterOptions,
  type WriterTimings,
  writerTimings,
} from './writer-options.ts';

const DEFAULT_PARALLEL_WRITES = 16;

/**
 * Writes what is planned for federated services to the local cluster.
 *
 * - A service that was marked is planned at its turn, and again whenever it changed meanwhile: of a plan that is not true any
 *   more no write starts. However often it is marked, it waits in the queue once.
 * - The most urgent write of all services goes first; none waits for ever (`RankQueue`).
 * - A second phase is planned only when the whole first one was accepted.
 * - As many writes are under way as the API server bears (`WriteLimit`). Planning and marking are not limited.
 * - What is refused is tried again (`reactions`), after a jittered back-off per service, till it is accepted or not planned any more.
 * - Nothing starts while the gate is closed; marks are kept. When it opens all that is marked is planned anew.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #timings: WriterTimings;
  readonly #requests: Requests;
  readonly #record = new WriteRecord();
  readonly #turns: Turns;

  constructor(options: WriterOptions) {
    const { clock, random, maxParallelWrites: max = DEFAULT_PARALLEL_WRITES } = options;
    this.#options = options;
    this.#timings = { ...writerTimings, ...options.timings };
    this.#requests = new Requests({ clock, random, max });
    this.#turns = new Turns(options, this.#timings, this.#requests, this.#record);
  }

  /** The service `namespace/name` is to be planned. Cheap; may be called at any time, also before `run`. */
  mark(key: string, mark: Mark = {}): void {
    this.#turns.mark(key, mark);
  }

  /**
   * Writes till the signal aborts; then starts nothing, waits for the writes under way, at most `drainMs`, and resolves. Call
   * once; never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    const stop = (): void => {
      this.#turns.stop();
      resolve();
    };
    const unsubscribe = this.#options.gate.onChange((mayWrite) => {
      if (mayWrite) this.#turns.opened();
    });
    if (signal.aborted) stop();
    else {
      signal.addEventListener('abort', stop, { once: true });
      this.#turns.start();
    }
    await stopped;
    unsubscribe();
    await this.#requests.drain(this.#timings.drainMs);
  }

  /** Services that wait for a turn, by how urgent they are. */
  queue(): QueueLengths {
    return this.#turns.queue.lengths();
  }

  /** How long the one waits that waits longest; 0 = none, or the gate is closed. */
  get oldestAgeMs(): number {
    const oldest = this.#turns.queue.oldest();
    if (oldest === undefined || this.#turns.budgetMs === 0) return 0;
    return this.#options.clock.monotonic() - oldest;
  }

  /** Services of which something was refused. */
  get waiting(): number {
    let count = 0;
    for (const { wait } of this.#turns.services) if (wait !== undefined) count++;
    return count;
  }

  /** Requests under way. */
  get inFlight(): number {
    return this.#requests.limit.inFlight;
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return this.#requests.limit.limit;
  }

  /** How long nothing starts, because the API server asked for it or does not answer. */
  get pauseMs(): number {
    return this.#requests.limit.pauseMs;
  }

  /** Nothing is queued, under way or waiting. */
  get idle(): boolean {
    return this.#turns.services.size === 0;
  }

  /** Since the start. */
  counts(): readonly WriteCount[] {
    return this.#record.counts();
  }

  state(key: string): ServiceState {
    const service = this.#turns.services.get(key);
    const lastWrite = this.#record.last(key);
    const none = {
      rank: undefined,
      since: undefined,
      until: undefined,
      problem: undefined,
      message: undefined,
    };
    if (service === undefined) return { state: 'idle', ...none, lastWrite };
    const { clock } = this.#options;
    const epoch = clock.now() - clock.monotonic();
    return {
      state: stateOf(service),
      rank: this.#turns.queue.rankOf(service),
      since: epoch + service.since,
      until: service.wait === undefined ? undefined : epoch + service.wait.until,
      problem: service.trouble?.problem,
      message: service.trouble?.message,
      lastWrite,
    };
  }
}

function stateOf(service: TrackedService): ServiceState['state'] {
  if (service.busy) return 'busy';
  return service.wait === undefined ? 'queued' : 'waiting';
}
