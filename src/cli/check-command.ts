import { daemonConfig } from '../config/daemon-config.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import type { CheckStep } from '../contract/adapter.ts';
import { printable, printableJson } from '../model/printable.ts';
import { STATUS_REASONS } from '../model/status.ts';
import { CheckOutput } from './check-output.ts';
import { checkCluster } from './check-cluster.ts';
import type { ClusterCheckOptions } from './check-cluster.ts';
import { readSources } from './check-sources.ts';
import type { SourcedDocument, SourcesReading } from './check-sources.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { StopSignal } from './stop-signal.ts';

interface ClusterResult {
  readonly name: string;
  readonly origin: string;
  readonly ok: boolean;
  readonly steps: readonly CheckStep[];
}

/** `fedsyncd check`: exit code 1 where any step failed, or a source or document cannot be read. */
export async function checkCommand(context: CommandContext): Promise<ExitCode> {
  const { values, version, process } = context;
  const result = daemonConfig(values, version);
  if (!result.ok) throw new UsageError(result.problems);
  const stop = new AbortController();
  const signals = new StopSignal(process);
  void signals.requested.then((name) => stop.abort(new Error(`stopped by ${name}`)));
  try {
    return await check(context, result.config, stop.signal);
  } finally {
    stop.abort();
    signals.close();
  }
}

async function check(context: CommandContext, config: DaemonConfig, signal: AbortSignal): Promise<ExitCode> {
  const { terminal, clock, wiring, positionals, values } = context;
  const read = { clock, timeoutMs: config.datastore.requestTimeoutMs, signal };
  const reading = await readSources(await wiring.rccSources(config), read);
  const chosen = reading.documents.filter(
    ({ document }) => positionals.length === 0 || positionals.includes(document.name),
  );
  const missing = positionals.filter((name) => !chosen.some(({ document }) => document.name === name));
  const options = {
    ...read,
    adapters: await wiring.adapters(),
    datastore: config.datastore,
    trustInline: config.trustInline,
  };
  const asJson = values.output === 'json';
  const width = Math.max(0, ...chosen.map(({ document }) => document.name.length));
  const output = new CheckOutput((text) => (asJson ? undefined : terminal.out(text)));
  const onStep = (name: string, step: CheckStep): void =>
    output.step(name, stepText(name.padEnd(width), step));
  const onEnd = (name: string): void => output.end(name);
  const clusters = await checkAll(chosen, { ...options, parallel: config.maxParallelLists, onStep, onEnd });
  const ok = clusters.every((cluster) => cluster.ok) && missing.length === 0 && isWell(reading);
  terminal.out(
    asJson
      ? printableJson({ ok, clusters, missing, ...reading, documents: undefined })
      : summary(clusters, missing, reading),
  );
  return ok ? EXIT.ok : EXIT.finding;
}

interface CheckAllOptions extends ClusterCheckOptions {
  readonly parallel: number;
  readonly onStep: (name: string, step: CheckStep) => void;
  readonly onEnd: (name: string) => void;
}

/** Some clusters at once: one that does not answer must not hold up the rest. Results in the order of the names. */
async function checkAll(
  documents: readonly SourcedDocument[],
  options: CheckAllOptions,
): Promise<readonly ClusterResult[]> {
  const results: ClusterResult[] = [];
  const waiting = [...documents];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name, origin } = next.document;
      const steps: CheckStep[] = [];
      for await (const step of checkCluster(next, options)) {
        steps.push(step);
        options.onStep(name, step);
      }
      options.onEnd(name);
      results.push({ name, origin, ok: steps.every(({ result }) => result !== 'failed'), steps });
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, documents.length) }, worker));
  return results.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isWell({ problems, rejected, conflicts }: SourcesReading): boolean {
  return problems.length + rejected.length + conflicts.length === 0;
}

function stepText(name: string, { step, subject, result, reason, message }: CheckStep): string {
  const why = reason === undefined || result === 'ok' ? '' : ` [${reason}]`;
  const text = `${name}  ${step.padEnd(11)}  ${result.padEnd(7)}  ${subject}: ${message}${why}`;
  const remedy =
    reason === undefined || result !== 'failed'
      ? ''
      : `${' '.repeat(name.length)}  -> ${STATUS_REASONS[reason][1]}\n`;
  return `${printable(text)}\n${remedy}`;
}

function summary(
  clusters: readonly ClusterResult[],
  missing: readonly string[],
  reading: SourcesReading,
): string {
  const failed = clusters.filter(({ ok }) => !ok).map(({ name }) => name);
  const lines = [
    ...reading.problems.map(({ source, reason, message }) => `Source ${source}: ${message} [${reason}]`),
    ...reading.rejected.map(({ origin, problem }) => `Rejected: ${origin}: ${problem}`),
    ...reading.conflicts.map(
      ({ name, used, ignored }) => `Conflict: ${name}: ${used} is used, ${ignored} is ignored`,
    ),
    ...missing.map((name) => `Not found: no source holds a remote cluster named ${name}`),
    clusters.length === 0
      ? 'No remote cluster was checked.'
      : `${clusters.length - failed.length} of ${clusters.length} clusters passed${failed.length === 0 ? '.' : `; failed: ${failed.join(', ')}`}`,
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}
