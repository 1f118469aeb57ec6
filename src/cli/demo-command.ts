import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemonConfig } from '../config/daemon-config.ts';
import type { DaemonConfig } from '../config/daemon-config.ts';
import type { Values } from '../config/parse.ts';
import { feedKubeconfig } from '../feed/access/kubeconfig.ts';
import { printable } from '../model/printable.ts';
import { startFleet } from '../simulator/fleet.ts';
import { LocalCluster } from '../simulator/local-cluster.ts';
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
  // Hidden, so that it is not read as a document with RCCs.
  const kubeconfig = join(directory, '.local.kubeconfig');
  const config = demoConfig(values, version, { directory, kubeconfig });
  checkSize(values);
  const local = new LocalCluster({ fleet: values, clock: context.clock });
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
  const stage = {
    fleet,
    config,
    directory,
    switchedOff: () => switchedOff,
    federated: local.federated,
  };
  try {
    await local.start(kubeconfig);
    return await withDaemon(context, stage, end);
  } finally {
    end.abort();
    await changing;
    await outages;
    await local.stop();
    await fleet.close();
  }
}

/** The daemon of the demo: it writes nothing, for its local cluster can be read only, and serves the feed on the loopback. */
function demoConfig(
  values: Values,
  version: string,
  files: { readonly directory: string; readonly kubeconfig: string },
): DaemonConfig {
  const told: Values = {
    ...values,
    'rcc-directory': files.directory,
    'log-level': 'silent',
    kubeconfig: files.kubeconfig,
    controllers: ['federated-services'],
    'dry-run': true,
    'feed-address': values['feed-address'] ?? { host: '127.0.0.1', port: 0 },
  };
  const result = daemonConfig(told, version);
  if (!result.ok) throw new UsageError(result.problems);
  return result.config;
}

/** First everything is in sync for long enough to look around. */
const OUTAGES = { afterMs: 15_000, durationMs: 8000, pauseMs: 20_000 } as const;

/** Asked before anything is made: the fleet itself finds out only after it made gigabytes. */
function checkSize({ clusters, endpoints }: Values): void {
  try {
    podNetworkFor(endpoints, clusters);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError([`--clusters ${clusters} with --endpoints ${endpoints}: ${error.message}`]);
  }
}

interface Stage extends Pick<DemoStage, 'fleet' | 'directory' | 'switchedOff' | 'federated'> {
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
    const { opsAddress, feedAddress } = daemon;
    const kubeconfig = await writeKubeconfig(shown, feedAddress);
    await showDemo({ ...context, opsAddress, kubeconfig, ...shown }, end.signal);
  } finally {
    await daemon.stop('end of the demo').catch(() => undefined);
    await watching;
  }
  return code;
}

/** A kubeconfig for the feed, hidden beside the RCCs; undefined where there is no feed. */
async function writeKubeconfig(
  { directory, fleet }: Pick<Stage, 'directory' | 'fleet'>,
  feedAddress: string | undefined,
): Promise<string | undefined> {
  if (feedAddress === undefined) return undefined;
  const path = join(directory, '.feed.kubeconfig');
  const text = feedKubeconfig({
    server: `http://${feedAddress}`,
    caPem: undefined,
    merged: true,
    clusters: fleet.clusters.map(({ name }) => name),
    credential: undefined,
  });
  await writeFile(path, text, { mode: 0o600 });
  return path;
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
