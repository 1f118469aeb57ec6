import type { Watch, WatchEnd, WatchSink } from '../feed-store.ts';
import type { Exchange } from './exchange.ts';

/** Carries the events of a watch to its client, and tells the watch when the client can take more, or is gone. */
export class WatchResponse implements WatchSink {
  readonly #exchange: Exchange;
  readonly #onDone: () => void;
  #watch: Watch | undefined;
  #isOver = false;
  #stopStall: (() => void) | undefined;

  /** `onDone` is called once, when nothing more will be sent. */
  constructor(exchange: Exchange, onDone: () => void) {
    this.#exchange = exchange;
    this.#onDone = onDone;
    exchange.signal.addEventListener('abort', this.#onGone, { once: true });
    exchange.response.on('drain', this.#onDrain);
  }

  /** The watch began. */
  follow(watch: Watch): void {
    this.#watch = watch;
    if (this.#isOver) watch.close();
  }

  /** The watch did not begin: nothing is sent by this. */
  abandon(): void {
    if (this.#isOver) return;
    this.#watch?.close();
    this.#over();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    const { counters, response, clock, limits } = this.#exchange;
    counters.bytesSent += bytes.length;
    if (response.write(bytes)) return true;
    this.#stopStall ??= clock.after(limits.stalledMs, () => this.#onStalled());
    return false;
  }

  end(why: WatchEnd): void {
    if (this.#isOver) return;
    this.#over();
    this.#exchange.done();
    if (why === 'slow') this.#exchange.counters.cutOff('slow');
    if (why === 'slow' || why === 'failed') this.#exchange.cut();
    else this.#exchange.response.end();
  }

  /** The server closes: ends the watch in the ordinary way. May be called twice. */
  stop(): void {
    if (this.#isOver) return;
    this.#watch?.close();
    this.end('stopped');
  }

  readonly #onDrain = (): void => {
    this.#stopStall?.();
    this.#stopStall = undefined;
    this.#watch?.resume();
  };

  readonly #onGone = (): void => {
    if (this.#isOver) return;
    this.#watch?.close();
    this.#over();
  };

  #onStalled(): void {
    if (this.#isOver) return;
    this.#watch?.close();
    this.#over();
    this.#exchange.counters.cutOff('stalled');
    this.#exchange.cut();
  }

  #over(): void {
    this.#isOver = true;
    this.#stopStall?.();
    this.#exchange.response.off('drain', this.#onDrain);
    this.#exchange.signal.removeEventListener('abort', this.#onGone);
    this.#onDone();
  }
}
