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

/** JSON lines with `level`, `time` (RFC 3339), `event`, the event's own fields and `msg`. */
export class Log {
  readonly #logger: Logger;
  readonly #level: LogLevel;
  readonly #flush: () => void;

  constructor({ level, clock, destination }: LogOptions) {
    this.#level = level;
    const stdout =
      destination === undefined
        ? pino.destination({ dest: 1, sync: false, maxLength: MAX_BUFFERED_BYTES })
        : undefined;
    this.#flush = () => stdout?.flushSync();
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

  /** Writes what is buffered. To be called before the process ends. */
  flush(): void {
    try {
      this.#flush();
    } catch {
      // The reader of stdout is gone: there is nobody left to tell.
    }
  }
}
