import { daemonConfig } from '../config/daemon-config.ts';
import { printable } from '../model/printable.ts';
import { UsageError } from './command.ts';
import type { CommandContext } from './command.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { StopSignal } from './stop-signal.ts';

/**
 * `fedsyncd run`: the daemon until SIGTERM or SIGINT. A second one ends the process at once. SIGUSR2 switches debug
 * lines on and off.
 */
export async function runCommand(context: CommandContext): Promise<ExitCode> {
  const { terminal, process, values, version, wiring } = context;
  const result = daemonConfig(values, version);
  if (!result.ok) throw new UsageError(result.problems);
  // Before the start: a signal that comes during it must not be lost.
  const stop = new StopSignal(process);
  try {
    const daemon = await wiring.startDaemon(result.config).catch((error: unknown) => {
      throw new UsageError([messageOf(error)]);
    });
    const offDebug = process.onSignal('SIGUSR2', () => daemon.toggleDebug());
    try {
      await Promise.race([daemon.closed, stop.requested.then((signal) => daemon.stop(signal))]);
      return EXIT.ok;
    } catch (error) {
      terminal.err(`fedsyncd: ${printable(messageOf(error))}\n`);
      return EXIT.finding;
    } finally {
      offDebug();
    }
  } finally {
    stop.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
