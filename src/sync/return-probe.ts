import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';

export interface ReturnProbeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** Asks the datastore for something small; rejects while it does not answer. */
  readonly ask: (signal: AbortSignal) => Promise<void>;
}

/** An outage is short mostly: for about a minute it is asked every few seconds, then ever more seldom. */
export const EAGER_RETRY = { attempts: 24, maxMs: 4_000 } as const;

/**
 * Finds out soon that a lost datastore answers again, and wakes everybody who waits for that. One small request does
 * it, so that the many resources of a datastore can back off as far as they like.
 */
export class ReturnProbe {
  readonly #options: ReturnProbeOptions;
  readonly #backoff: Backoff;
  readonly #sleepers = new Set<() => void>();
  #running = false;
  /** Something is in contact: one more answer, and the probe is over. */
  #back = false;
  #hurry: (() => void) | undefined;

  constructor(options: ReturnProbeOptions) {
    this.#options = options;
    const { firstRetryMs, maxRetryMs, random } = options;
    this.#backoff = new Backoff({ firstMs: firstRetryMs, maxMs: maxRetryMs, random, eager: EAGER_RETRY });
  }

  /** Nothing of the datastore is in contact any more: asks until something is, or the signal aborts. */
  lost(signal: AbortSignal): void {
    this.#back = false;
    this.#start(signal);
  }

  /** Something is in contact again. Who was waited for so long is asked once more: it may be another by now. */
  found(): void {
    if (this.#back) return;
    this.#back = true;
    this.#backoff.reset();
    this.#wakeAll();
    this.#hurry?.();
  }

  /** The history of the datastore broke off: asks once, for the same reason. */
  verify(signal: AbortSignal): void {
    this.#back = true;
    this.#start(signal);
  }

  /** Resolves after `ms`, or as soon as the datastore answers; rejects with the signal's reason. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const sleeper = new AbortController();
    const wake = (): void => sleeper.abort();
    this.#sleepers.add(wake);
    try {
      await this.#sleepUnless(ms, signal, sleeper);
    } finally {
      this.#sleepers.delete(wake);
    }
  }

  #start(signal: AbortSignal): void {
    if (this.#running || signal.aborted) return;
    this.#running = true;
    void this.#run(signal).finally(() => {
      this.#running = false;
    });
  }

  /** Never rejects. Goes on after an answer too: what is woken by it may fail all the same. */
  async #run(signal: AbortSignal): Promise<void> {
    let failed = false;
    while (!signal.aborted) {
      try {
        if (failed || !this.#back) await this.#pause(this.#backoff.next(), signal);
        failed = true;
        await this.#options.ask(signal);
        failed = false;
        if (this.#back) return;
        this.#wakeAll();
      } catch {
        // Why it does not answer is reported by the resources.
      }
    }
  }

  #wakeAll(): void {
    for (const wake of this.#sleepers) wake();
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const pause = new AbortController();
    this.#hurry = () => pause.abort();
    try {
      await this.#sleepUnless(ms, signal, pause);
    } finally {
      this.#hurry = undefined;
    }
  }

  async #sleepUnless(ms: number, signal: AbortSignal, woken: AbortController): Promise<void> {
    const onAbort = (): void => woken.abort();
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#options.clock.sleep(ms, woken.signal);
    } catch {
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
