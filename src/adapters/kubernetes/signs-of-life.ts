import type { StreamSink } from '../../contract/datastore.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeTransport } from './connection/transport.ts';

/** Only in use while a stream runs: a stream that waits, and how to end it when the server is gone. */
interface Waiting {
  readonly sink: Pick<StreamSink, 'contact'>;
  readonly fail: (error: unknown) => void;
}

/**
 * Tells all streams of one datastore that the server is alive. Over HTTP/2 the transport's PING says so. Over HTTP/1.1
 * nothing does between two events, so after some silence a small request is sent; without an answer to that the
 * streams are ended, since a half-open connection would stay silent for ever.
 */
export class SignsOfLife {
  readonly #transport: KubeTransport;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<Waiting>();
  #stop: (() => void) | undefined;
  #last = 0;

  constructor(options: {
    readonly transport: KubeTransport;
    readonly client: KubeClient;
    readonly clock: Clock;
    readonly silenceMs: number;
    /** Ends requests that are under way. */
    readonly signal: AbortSignal;
  }) {
    this.#transport = options.transport;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#silenceMs = options.silenceMs;
    this.#signal = options.signal;
  }

  /** Registers a stream; returns the way to leave, which may be called twice. */
  enter(sink: Waiting['sink'], fail: Waiting['fail']): () => void {
    const waiting: Waiting = { sink, fail };
    this.#waiting.add(waiting);
    if (this.#waiting.size === 1) this.#start();
    return () => {
      if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#stop?.();
    };
  }

  #start(): void {
    this.#last = this.#clock.monotonic();
    const stopListening = this.#transport.onContact(() => this.#contact());
    let stopTimer = (): void => {};
    let stopped = false;
    const arm = (ms: number): void => {
      stopTimer = this.#clock.after(ms, () => {
        const left = this.#silenceMs - (this.#clock.monotonic() - this.#last);
        if (left > 0) arm(left);
        else void this.#probe().then(() => stopped || arm(this.#silenceMs));
      });
    };
    arm(this.#silenceMs);
    this.#stop = () => {
      stopped = true;
      stopTimer();
      stopListening();
    };
  }

  /** Never rejects. */
  async #probe(): Promise<void> {
    try {
      await this.#client.ping(this.#signal);
      this.#contact();
    } catch (error) {
      if (this.#clock.monotonic() - this.#last < this.#silenceMs) return;
      for (const { fail } of this.#waiting) fail(error);
    }
  }

  #contact(): void {
    this.#last = this.#clock.monotonic();
    for (const { sink } of this.#waiting) sink.contact();
  }
}
