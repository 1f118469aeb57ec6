import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemonConfig } from '../config/daemon-config.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import type { Values } from '../config/parse.ts';
import { printable } from '../model/printable.ts';
import { startFleet } from '../simulator/fleet.ts';
import { runOutages } from '../simulator/outage.ts';
import { podNetworkFor } from '../simulator/world.ts';
import { UsageError } from './command.ts';
import type { CommandContext, DaemonHandle } from './command.ts';
import { showDemo } from './demo-display.ts';
import type { DemoStage } from './demo-display.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import { StopSignal } from './stop-signal.ts';

/**
 * `fedsyncd demo`: a simulated fleet on the loopback, a real daemon that federates it, and a live table, until
 * Ctrl-C or `--duration`. Leaves nothing behind.
 */
export async function demoCommand(context: CommandContext): Promise<ExitCode> {
  const { process, clock, values } = context;
  const stop = new StopSignal(process);
  const end = new AbortController();
  const directory = await mkdtemp(join(tmpdir(), 'fedsyncd-demo-'));
  void stop.requested.then(() => end.abort());
  const cancelEnd =
    values.duration === undefined ? undefined : clock.after(values.duration, () => end.abort());
  try {
    return await withFleet(context, directory, end);
  } finally {
    end.abort();
    cancelEnd?.();
    stop.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function withFleet(
  context: CommandContext,
  directory: string,
  end: AbortController,
): Promise<ExitCode> {
  const { values, version } = context;
  const config = daemonConfig({ ...values, 'rcc-directory': directory, 'log-level': 'silent' }, version);
  if (!config.ok) throw new UsageError(config.problems);
  checkSize(values);
  const fleet = await startFleet({
    clusters: values.clusters,
    endpoints: values.endpoints,
    services: values.services,
    changesPerSecond: values['changes-per-second'],
    seed: values.seed,
    directory,
    clock: context.clock,
  });
  let switchedOff: string | undefined;
  // The first cluster stays: the hints name an address of it.
  const outages = runOutages(
    fleet.clusters.slice(1),
    { ...OUTAGES, clock: context.clock },
    ({ event, cluster }) => {
      switchedOff = event === 'stopped' ? cluster : undefined;
    },
    end.signal,
  ).catch((error: unknown) => {
    context.terminal.err(`fedsyncd: no more outages are shown: ${printable(messageOf(error))}\n`);
  });
  const changing = fleet.run(end.signal);
  const stage = { fleet, config: config.config, directory, switchedOff: () => switchedOff };
  try {
    return await withDaemon(context, stage, end);
  } finally {
    end.abort();
    await changing;
    await outages;
    await fleet.close();
  }
}

/** First everything is in sync for long enough to look around. */
const OUTAGES = { afterMs: 15_000, durationMs: 8000, pauseMs: 20_000 } as const;

/** Asked before anything is made: the fleet itself finds out only after it made gigabytes. */
function checkSize({ clusters, endpoints }: Values): void {
  try {
    podNetworkFor(endpoints, clusters - 1);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError([`--clusters ${clusters} with --endpoints ${endpoints}: ${error.message}`]);
  }
}

interface Stage extends Pick<DemoStage, 'fleet' | 'directory' | 'switchedOff'> {
  readonly config: DaemonConfig;
}

async function withDaemon(
  context: CommandContext,
  { config, ...shown }: Stage,
  end: AbortController,
): Promise<ExitCode> {
  const daemon = await startDaemon(context, config);
  let code: ExitCode = EXIT.ok;
  const watching = daemon.closed.catch((error: unknown) => {
    context.terminal.err(`fedsyncd: the daemon broke: ${printable(messageOf(error))}\n`);
    code = EXIT.finding;
    end.abort();
  });
  try {
    await showDemo({ ...context, opsAddress: daemon.opsAddress, ...shown }, end.signal);
  } finally {
    await daemon.stop('end of the demo').catch(() => undefined);
    await watching;
  }
  return code;
}

/** Where the usual port is taken, most likely by a real daemon, the demo takes another. */
async function startDaemon({ wiring }: CommandContext, config: DaemonConfig): Promise<DaemonHandle> {
  try {
    return await wiring.startDaemon(config);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ListenError') throw error;
    const opsAddress = { host: '127.0.0.1', port: 0 };
    return wiring.startDaemon({ ...config, opsAddress });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
