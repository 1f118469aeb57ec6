import type { ControllerView } from '../contract/controller-view.ts';
import type { FeedView } from '../contract/feed-view.ts';
import type { FleetStatus } from '../contract/cluster-status.ts';
import type { Reporter } from '../contract/event.ts';
import type { Lister } from '../contract/lister.ts';
import type { Clock } from '../runtime/clock.ts';
import { EventCounters } from './event-counters.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { EventReporter } from './event-reporter.ts';
import { Log } from './log.ts';
import type { LogLevel, LogOptions } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsView } from './metrics-view.ts';
import { OpsServer } from './ops-server.ts';
import type { ListenAddress } from './ops-server.ts';

export interface TelemetryOptions {
  readonly version: string;
  /** For the interface names that Calico derives for pods. */
  readonly interfacePrefix: string;
  readonly logLevel: LogLevel;
  readonly clock: Clock;
  /** Where log lines go instead of stdout. */
  readonly destination?: NonNullable<LogOptions['destination']>;
}

/** What the ops server shows. */
export interface Engine {
  readonly fleet: FleetStatus;
  readonly lister: Lister;
  /** Absent where no controller runs. */
  readonly controller?: ControllerView | undefined;
  /** Absent where no feed is served. */
  readonly feed?: (() => FeedView) | undefined;
}

/**
 * Everything that the daemon shows of itself. `report` works from the start; the ops server begins with `start`,
 * since the engine that it shows needs `report` first.
 */
export class Telemetry {
  readonly report: Reporter;
  readonly #options: TelemetryOptions;
  readonly #log: Log;
  readonly #counters = new EventCounters();
  readonly #reporter: EventReporter;
  readonly #lag: EventLoopLag;
  readonly #stop = new AbortController();
  #server: OpsServer | undefined;
  #sampling: Promise<void> | undefined;

  constructor(options: TelemetryOptions) {
    const { logLevel: level, clock, destination } = options;
    this.#options = options;
    this.#log = new Log(destination === undefined ? { level, clock } : { level, clock, destination });
    this.#reporter = new EventReporter({ log: this.#log, counters: this.#counters, clock });
    this.#lag = new EventLoopLag(clock);
    this.report = (event) => this.#reporter.report(event);
  }

  /** Opens the ops server; resolves with the bound `host:port`. Rejects with ListenError. Once only. */
  async start(address: ListenAddress, engine: Engine): Promise<string> {
    const { version, interfacePrefix, clock } = this.#options;
    let loaded: Promise<Metrics> | undefined;
    const metrics = (): Promise<Metrics> => (loaded ??= this.#loadMetrics(engine));
    const eventLoopLagSeconds = (): number => this.#lag.seconds;
    this.#server = new OpsServer(
      { version, interfacePrefix, clock, metrics, eventLoopLagSeconds, ...engine },
      this.report,
    );
    const bound = await this.#server.listen(address);
    this.#sampling = this.#lag.run(this.#stop.signal);
    return bound;
  }

  /** Switches debug lines on and off; returns the level that holds now. */
  toggleDebug(): LogLevel {
    return this.#log.toggleDebug();
  }

  /** Closes the ops server and writes every line that is waiting. `report` still works. May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#sampling;
    await this.#server?.close();
    this.#reporter.close();
    await this.#log.flush();
  }

  async #loadMetrics(engine: Engine): Promise<Metrics> {
    const { Metrics } = await import('./metrics.ts');
    return new Metrics(() => this.#view(engine));
  }

  #view({ fleet, lister, controller, feed }: Engine): MetricsView {
    return {
      now: this.#options.clock.now(),
      version: this.#options.version,
      ready: fleet.ready().ready,
      clusters: fleet.clusters(),
      conflicts: fleet.conflicts(),
      sources: fleet.sources(),
      overlaps: fleet.overlaps(),
      revision: lister.revision,
      countersOf: (cluster) => this.#counters.cluster(cluster),
      suppressedLines: this.#counters.suppressedLines,
      internalErrors: this.#counters.internalErrors,
      eventLoopLagSeconds: this.#lag.seconds,
      controller: controller?.stats(),
      feed: feed?.(),
    };
  }
}
