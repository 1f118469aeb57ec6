import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { peakRssMb } from './peak-rss.ts';

/** What every measured client prints when it is done. Milliseconds, and megabytes of 10^6 bytes. */
export interface Measured {
  readonly wallMs: number;
  /** User and system time of the process while it worked. */
  readonly cpuMs: number;
  /** The same since the process began: the start of the runtime and imports included. */
  readonly totalCpuMs: number;
  readonly maxRssMb: number;
  readonly gcMaxMs: number;
  readonly gcTotalMs: number;
  readonly objects: number;
  /** Live heap with what was stored, where the client says. */
  readonly heapMb?: number;
  /** Figures of one workload alone. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** Measures the process it runs in. */
export class Meter {
  readonly #observer: PerformanceObserver;
  readonly #pauses: number[] = [];
  #began = 0;
  #cpu = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => this.#take(list.getEntries()));
  }

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#cpu = cpuMs();
    this.#began = performance.now();
  }

  /** `wallMs` where the client knows better than from start to now. */
  async stop(objects: number, wallMs = performance.now() - this.#began): Promise<Measured> {
    const totalCpuMs = cpuMs();
    // Observers are told in a later turn of the loop.
    await turn();
    this.#take(this.#observer.takeRecords());
    this.#observer.disconnect();
    return {
      wallMs,
      cpuMs: totalCpuMs - this.#cpu,
      totalCpuMs,
      maxRssMb: peakRssMb(),
      gcMaxMs: Math.max(0, ...this.#pauses),
      gcTotalMs: this.#pauses.reduce((sum, pause) => sum + pause, 0),
      objects,
    };
  }

  #take(entries: readonly { readonly duration: number }[]): void {
    for (const { duration } of entries) this.#pauses.push(duration);
  }
}

function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return (userCPUTime + systemCPUTime) / 1000;
}
