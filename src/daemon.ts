import { openLocalCluster, type LocalCluster } from './adapters/local-cluster.ts';
import { adapters, type AdapterHost } from './adapters/registry.ts';
import type { DaemonConfig } from './config/daemon-config.ts';
import type { Adapter } from './contract/adapter.ts';
import type { RccSource } from './contract/rcc-source.ts';
import type { Federation, FederationSurroundings } from './federation.ts';
import type { Feed } from './serve-feed.ts';
import { MergedIndex } from './index/merged-index.ts';
import { systemClock } from './runtime/clock.ts';
import { Gate } from './runtime/gate.ts';
import { systemRandom } from './runtime/random.ts';
import { ClusterManager } from './sync/cluster-manager.ts';
import type { EngineContext } from './sync/engine-context.ts';
import { Telemetry } from './telemetry/telemetry.ts';

/** A running daemon. */
export interface Daemon {
  /** `host:port` that the ops server is bound to. */
  readonly opsAddress: string;
  /** `host:port` of the feed; undefined = there is none. */
  readonly feedAddress: string | undefined;
  /** Resolves when the daemon has ended; rejects when it broke. */
  readonly closed: Promise<void>;
  /** Ends it; resolves when everything is closed. Nothing is withdrawn anywhere. */
  stop(signal: string): Promise<void>;
  /** Switches debug lines of the log on and off. */
  toggleDebug(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Promise 13 of docs/architecture.md: a daemon is ready after this long whatever sources and remotes do. */
const READY_AFTER_MS = 30_000;
const FILE_POLL_MS = 15_000;
/** Sources wait this long for the local cluster to say who it is, so that it is never federated with itself. */
const IDENTITY_WAIT_MS = 5_000;
const IDENTITY_RETRY_MS = 10_000;
const READY_POLL_MS = 250;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;
const FORBIDDEN_RETRY_MS = 60_000;
const SHORT_WATCH_MS = 1_000;

/** All that is configured, wired and running. Rejects where the configuration or the ops address is unusable. */
export async function startDaemon(config: DaemonConfig, environment: Environment): Promise<Daemon> {
  const host = hostOf(environment);
  const { clock, random } = host;
  const telemetry = new Telemetry({
    version: config.version,
    interfacePrefix: config.interfacePrefix,
    logLevel: config.logLevel,
    clock,
  });
  const { report } = telemetry;
  const index = new MergedIndex({
    clock,
    random,
    report,
    maxObjectsPerCluster: config.maxObjectsPerCluster,
    historyLength: config.historyLength,
  });
  const local = await openLocalCluster(config, host);
  const context = { clock, random, report, ...limitsOf(config) };
  const manager = new ClusterManager({
    sources: local.sources,
    lister: index,
    adapters: adapters(host),
    replicas: index,
    datastore: config.datastore,
    trustInline: config.trustInline,
    staleAfterMs: config.staleAfterMs,
    filePollMs: FILE_POLL_MS,
    readyAfterMs: READY_AFTER_MS,
    context,
  });
  const parts = { local, remote: index, fleet: manager, context, environment };
  const { opsAddress, federation, feed } = await openOps(config, telemetry, parts).catch(
    async (error: unknown) => {
      await local.close();
      throw error;
    },
  );
  report({ event: 'daemon.started', version: config.version, opsAddress });
  const controller = new AbortController();
  const closed = run({ manager, local, telemetry, federation, feed }, controller.signal);
  // Whoever waits for it sees the failure; nobody waiting must not end the process.
  closed.catch(() => undefined);
  return {
    opsAddress,
    feedAddress: feed?.address,
    closed,
    stop: async (signal) => {
      if (!controller.signal.aborted) report({ event: 'daemon.stopping', signal });
      controller.abort(new Error(`stopped by ${signal}`));
      await closed;
    },
    toggleDebug: () => void telemetry.toggleDebug(),
  };
}

interface Opened {
  readonly opsAddress: string;
  readonly federation: Federation | undefined;
  readonly feed: Feed | undefined;
}

/** The controller and the feed, where they are to be, and the ops server that shows them. */
async function openOps(
  config: DaemonConfig,
  telemetry: Telemetry,
  parts: FederationSurroundings,
): Promise<Opened> {
  const { fleet, remote: lister, context, local } = parts;
  const federation =
    config.federation &&
    (await (await import('./federation.ts')).prepareFederation(config.federation, parts));
  const { version } = config;
  const feed =
    config.feed &&
    (await (
      await import('./serve-feed.ts')
    ).openFeed(config.feed, { version, lister, fleet, localApi: local.api, ...context }));
  try {
    const engine = { fleet, lister, controller: federation?.view, feed: feed?.view };
    return { opsAddress: await telemetry.start(config.opsAddress, engine), federation, feed };
  } catch (error) {
    await feed?.close();
    throw error;
  }
}

function limitsOf(config: DaemonConfig): Omit<EngineContext, 'clock' | 'random' | 'report'> {
  return {
    lists: new Gate(config.maxParallelLists),
    maxObjectsPerCluster: config.maxObjectsPerCluster,
    timings: {
      idleMs: config.idleTimeoutMs,
      firstRetryMs: FIRST_RETRY_MS,
      maxRetryMs: MAX_RETRY_MS,
      forbiddenRetryMs: FORBIDDEN_RETRY_MS,
      shortWatchMs: SHORT_WATCH_MS,
    },
  };
}

/** The configured sources of RCCs in order of precedence, not running yet: for `fedsyncd check`. */
export async function rccSources(
  config: DaemonConfig,
  environment: Environment,
): Promise<readonly RccSource[]> {
  return (await openLocalCluster(config, hostOf(environment))).sources;
}

/** For `fedsyncd check`. */
export function allAdapters(environment: Environment): readonly Adapter[] {
  return adapters(hostOf(environment));
}

interface Parts {
  readonly manager: ClusterManager;
  readonly local: LocalCluster;
  readonly telemetry: Telemetry;
  readonly federation: Federation | undefined;
  readonly feed: Feed | undefined;
}

async function run(
  { manager, local, telemetry, federation, feed }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const running = AbortSignal.any([signal, ending.signal]);
  const identifying = identifyLocal(local, manager, running);
  // Whoever waits for them below sees their failure.
  const consumers = [federation, feed].flatMap((consumer) => (consumer ? [consumer.run(running)] : []));
  for (const consumer of consumers) consumer.catch(() => undefined);
  try {
    await Promise.race([identifying, pause(IDENTITY_WAIT_MS, running)]);
    await Promise.all([manager.run(running), announceReady(manager, telemetry, running), ...consumers]);
  } finally {
    // Where the engine broke by itself nobody else ends the rest.
    ending.abort(new Error('the daemon ends'));
    await identifying;
    await Promise.allSettled(consumers);
    await local.close();
    telemetry.report({ event: 'daemon.stopped' });
    await telemetry.close();
  }
}

/** Asks until it is known: an RCC that turns out to be the local cluster is withdrawn then. */
async function identifyLocal(
  local: LocalCluster,
  manager: ClusterManager,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      manager.setLocalIdentity(await local.identify(signal));
      return;
    } catch {
      // Why it cannot be asked is reported by the source that reads it.
      await pause(IDENTITY_RETRY_MS, signal);
    }
  }
}

async function announceReady(
  manager: ClusterManager,
  telemetry: Telemetry,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !manager.ready().ready) await pause(READY_POLL_MS, signal);
  if (!signal.aborted) telemetry.report({ event: 'daemon.ready' });
}

/** Resolves after the time, or at once when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await systemClock.sleep(ms, signal).catch(() => undefined);
}

/** Our own options may come as variables, and one of them is a password: exec plugins do not inherit them. */
function hostOf(environment: Environment): AdapterHost {
  const inherited = Object.entries(environment).filter(([name]) => !name.startsWith('FEDSYNCD_'));
  return { clock: systemClock, random: systemRandom, environment: Object.fromEntries(inherited) };
}
