import { runClient } from './run-client.ts';
import type { Command, Run } from './run-client.ts';
import { median, quantile } from './statistics.ts';

/** A client that takes part in a comparison. */
export interface Contender {
  /** Stands in tables: `fedsyncd`, `client-go informer, protobuf`. */
  readonly name: string;
  readonly command: Command;
  /** What happens when the client says that it is ready. */
  readonly onReady?: () => Promise<void>;
  /** Fewer runs than the others, for what takes minutes. */
  readonly maxRuns?: number;
}

/** Medians over the runs of one contender; `spread` is the 25 % and 75 % quantile of the wall time. */
export interface Row {
  readonly name: string;
  readonly runs: number;
  readonly wallMs: number;
  readonly spread: readonly [number, number];
  /** Process start included. NaN where it makes no sense. */
  readonly processMs: number;
  readonly cpuMs: number;
  readonly totalCpuMs: number;
  readonly maxRssMb: number;
  readonly gcMaxMs: number;
  readonly objects: number;
  readonly heapMb: number;
}

/** Runs all contenders in turn, `runs` times: what disturbs the machine disturbs all alike. */
export async function compare(contenders: readonly Contender[], runs: number): Promise<Row[]> {
  const results = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < runs; round++) {
    for (const { name, command, onReady, maxRuns = runs } of contenders) {
      if (round >= maxRuns) continue;
      const run = await runClient(command, onReady);
      results.get(name)?.push(run);
      console.error(
        `  ${name}: ${Math.round(run.wallMs)} ms, CPU ${Math.round(run.cpuMs)} ms, ${Math.round(run.maxRssMb)} MB`,
      );
    }
  }
  return contenders.map(({ name }) => rowOf(name, results.get(name) ?? []));
}

/** The medians of one contender. */
export function rowOf(name: string, runs: readonly Run[]): Row {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  const walls = runs.map((run) => run.wallMs);
  return {
    name,
    runs: runs.length,
    wallMs: median(walls),
    spread: [quantile(walls, 0.25), quantile(walls, 0.75)],
    processMs: of((run) => run.processMs),
    cpuMs: of((run) => run.cpuMs),
    totalCpuMs: of((run) => run.totalCpuMs),
    maxRssMb: of((run) => run.maxRssMb),
    gcMaxMs: of((run) => run.gcMaxMs),
    objects: of((run) => run.objects),
    heapMb: of((run) => run.heapMb ?? Number.NaN),
  };
}
