import type { Clock } from '../../runtime/clock.ts';
import { attempt, loadSign, type Refusal } from './attempt.ts';
import { WriteLimit, type WriteLimitOptions } from './write-limit.ts';

/** @param recovered it is the first that was answered after an outage. */
export type Ended = (refusal: Refusal | undefined, recovered: boolean) => void;

/** The requests under way, within the limit. */
export class Requests {
  readonly limit: WriteLimit;
  readonly #clock: Clock;
  readonly #active = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(options: WriteLimitOptions) {
    this.limit = new WriteLimit(options);
    this.#clock = options.clock;
  }

  /** Only while the limit has room. The signal aborts when the end takes too long; after that `ended` is not called any more. */
  start(request: (signal: AbortSignal) => Promise<void>, ended: Ended): void {
    const running = this.#run(request, ended).finally(() => this.#active.delete(running));
    this.#active.add(running);
  }

  /** Waits for what is under way, at most `ms`; then aborts it. */
  async drain(ms: number): Promise<void> {
    const over = new AbortController();
    const ended = Promise.allSettled(this.#active);
    const late = this.#clock.sleep(ms, over.signal).catch(() => undefined);
    await Promise.race([ended, late]);
    over.abort();
    this.#abort.abort(new Error('the writer was stopped'));
  }

  async #run(request: (signal: AbortSignal) => Promise<void>, ended: Ended): Promise<void> {
    const slot = this.limit.enter();
    const refusal = await attempt(() => request(this.#abort.signal));
    const { outage } = this.limit;
    slot.leave(loadSign(refusal));
    if (!this.#abort.signal.aborted) ended(refusal, outage && !this.limit.outage);
  }
}
