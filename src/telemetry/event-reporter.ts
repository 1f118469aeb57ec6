import type { DaemonEvent } from '../contract/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { describeEvent } from './event-catalog.ts';
import type { EventCounters } from './event-counters.ts';
import { FloodGate } from './flood-gate.ts';
import type { Log } from './log.ts';

/** Lines of one kind per minute; a broken remote may make thousands. */
const LINES_PER_WINDOW = 10;
const WINDOW_MS = 60_000;

export interface EventReporterOptions {
  readonly log: Log;
  readonly counters: EventCounters;
  readonly clock: Clock;
}

/**
 * Makes counters and log lines of events. Lines of the same event, cluster, resource and reason are bounded to
 * 10 a minute; the last one that was held back follows with `suppressed`, the number left out before it.
 */
export class EventReporter {
  readonly #log: Log;
  readonly #counters: EventCounters;
  readonly #gate: FloodGate<DaemonEvent>;

  constructor({ log, counters, clock }: EventReporterOptions) {
    this.#log = log;
    this.#counters = counters;
    this.#gate = new FloodGate<DaemonEvent>({
      clock,
      limit: LINES_PER_WINDOW,
      windowMs: WINDOW_MS,
      onHeldBack: (event, suppressed) => {
        this.#counters.suppressedLines += suppressed;
        this.#write(event, suppressed);
      },
    });
  }

  /** A Reporter: never throws, never blocks. */
  report(event: DaemonEvent): void {
    this.#counters.count(event);
    if (this.#gate.admit(kindOfLine(event), event)) this.#write(event, 0);
  }

  /** Writes what is held back. */
  close(): void {
    this.#gate.close();
  }

  #write(event: DaemonEvent, suppressed: number): void {
    const { level, message } = describeEvent(event);
    const { message: detail, ...fields } = event as DaemonEvent & { readonly message?: string };
    // The sentence holds the event's own message already.
    void detail;
    this.#log.write(level, suppressed > 0 ? { ...fields, suppressed } : fields, message);
  }
}

/** Without remote text: a remote must not be able to make as many kinds as it likes. */
function kindOfLine(event: DaemonEvent): string {
  const parts: string[] = [event.event];
  if ('cluster' in event) parts.push(event.cluster);
  if ('source' in event) parts.push(event.source);
  if ('resource' in event) parts.push(event.resource);
  if ('reason' in event && event.event !== 'object.skipped') parts.push(event.reason);
  return parts.join('|');
}
