import { cleanup } from '../controller/cleanup/cleanup.ts';
import { type CleanupStep, isIncomplete } from '../controller/cleanup/cleanup-step.ts';
import { printable } from '../model/printable.ts';
import { systemRandom } from '../runtime/random.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { StopSignal } from './stop-signal.ts';

/** `fedsyncd cleanup`: deletes what the controller wrote. Exit code 1 where something is left, or nothing could be touched. */
export async function cleanupCommand(context: CommandContext): Promise<ExitCode> {
  const { terminal, values, clock, wiring, process } = context;
  const local = await wiring.localCluster(values).catch((error: unknown) => {
    throw new UsageError([error instanceof Error ? error.message : String(error)]);
  });
  const stop = new StopSignal(process);
  const end = new AbortController();
  void stop.requested.then(() => end.abort(new Error('stopped')));
  try {
    const dryRun = values['dry-run'];
    const options = { dryRun, lease: local.lease, clock, random: systemRandom, signal: end.signal };
    let done = 0;
    let incomplete = false;
    for await (const step of cleanup(local.api, options)) {
      if (step.outcome === 'done' || step.outcome === 'planned') done++;
      incomplete ||= isIncomplete(step);
      const write = isIncomplete(step) ? terminal.err : terminal.out;
      write(`${printable(stepText(step))}\n`);
    }
    if (!incomplete)
      terminal.out(dryRun ? `${done} to do; nothing was touched.\n` : `${done} done; nothing is left.\n`);
    return incomplete ? EXIT.finding : EXIT.ok;
  } catch (error) {
    if (!end.signal.aborted) throw error;
    terminal.err('fedsyncd: stopped; run it again to do the rest\n');
    return EXIT.finding;
  } finally {
    stop.close();
    await local.close();
  }
}

const WORDS: Readonly<Record<CleanupStep['outcome'], string>> = {
  done: '',
  planned: '',
  gone: '',
  note: '',
  failed: 'failed: ',
  refused: 'refused: ',
};

function stepText({ subject, outcome, message }: CleanupStep): string {
  return `${subject}: ${WORDS[outcome]}${message}`;
}
