import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { TrackedService } from './tracked-service.ts';

export interface TrackedServicesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** Its wait is over by itself. */
  readonly due: (service: TrackedService) => void;
}

/** The services that are not idle, and the timers of those that wait. */
export class TrackedServices {
  readonly #options: TrackedServicesOptions;
  readonly #services = new Map<string, TrackedService>();
  #stopped = false;

  constructor(options: TrackedServicesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#services.size;
  }

  get(key: string): TrackedService | undefined {
    return this.#services.get(key);
  }

  [Symbol.iterator](): Iterator<TrackedService> {
    return this.#services.values();
  }

  track(key: string): TrackedService {
    const known = this.#services.get(key);
    if (known !== undefined) return known;
    const { clock, random, firstRetryMs: firstMs, maxRetryMs: maxMs } = this.#options;
    const service = new TrackedService(key, clock.monotonic(), new Backoff({ firstMs, maxMs, random }));
    this.#services.set(key, service);
    return service;
  }

  forget(service: TrackedService): void {
    this.#services.delete(service.key);
  }

  /** @param whole a change does not make it shorter. */
  wait(service: TrackedService, ms: number, whole: boolean): void {
    const { clock, due } = this.#options;
    const over = (): void => {
      this.endWait(service);
      due(service);
    };
    const cancel = this.#stopped ? () => undefined : clock.after(ms, over);
    service.wait = { until: clock.monotonic() + ms, whole, cancel };
  }

  /** Does nothing where it does not wait. */
  endWait(service: TrackedService): void {
    if (service.wait === undefined) return;
    service.wait.cancel();
    service.wait = undefined;
    service.since = this.#options.clock.monotonic();
  }

  /** No timer is left, and none is set any more. */
  stop(): void {
    this.#stopped = true;
    for (const { wait } of this.#services.values()) wait?.cancel();
  }
}
