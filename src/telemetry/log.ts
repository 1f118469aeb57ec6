import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Clock } from '../runtime/clock.ts';
import type { LineLevel } from './event-catalog.ts';

export type LogLevel = LineLevel | 'silent';

export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Where lines go instead of stdout. */
  readonly destination?: DestinationStream;
}

/** A reader of stdout that stalls must not fill our memory: beyond this lines are dropped. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;
/** It must not hold up the end of the process for longer than this either. */
const FLUSH_MS = 2_000;

/** JSON lines with `level`, `time` (RFC 3339), `event`, the event's own fields and `msg`. */
export class Log {
  readonly #logger: Logger;
  readonly #level: LogLevel;
  readonly #flush: (done: () => void) => void;
  readonly #clock: Clock;

  constructor({ level, clock, destination }: LogOptions) {
    this.#level = level;
    this.#clock = clock;
    const stdout =
      destination === undefined
        ? // With minLength 0 its `flush` would not wait for a write that is under way.
          pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: MAX_BUFFERED_BYTES })
        : undefined;
    this.#flush = (done) => (stdout ? stdout.flush(done) : done());
    this.#logger = pino(
      {
        level,
        base: null,
        formatters: { level: (label) => ({ level: label }) },
        timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      },
      stdout ?? destination,
    );
  }

  write(level: LineLevel, fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#logger[level](fields, message);
  }

  /** Between `debug` and the configured level (`info` where that is `debug` itself); returns the new one. */
  toggleDebug(): LogLevel {
    const usual = this.#level === 'debug' ? 'info' : this.#level;
    const next = this.#logger.level === 'debug' ? usual : 'debug';
    this.#logger.level = next;
    return next;
  }

  /**
   * Resolves when what was logged is written, in its order. To be called before the process ends; not `flushSync`,
   * which overtakes a write that is under way.
   */
  async flush(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(FLUSH_MS, resolve);
    // An error means that the reader of stdout is gone: there is nobody left to tell.
    this.#flush(resolve);
    await promise;
    cancel();
  }
}
