import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SERVICE_ACCOUNT_MOUNT } from './adapters/kubernetes/access/in-cluster.ts';
import { type LocalCluster, openLocalCluster } from './adapters/local-cluster.ts';
import type { LocalClusterHandle } from './cli/command.ts';
import type { ElectionConfig, FederationConfig } from './config/federation-config.ts';
import type { FleetStatus } from './contract/cluster-status.ts';
import type { Values } from './config/parse.ts';
import type { ControllerView } from './contract/controller-view.ts';
import type { Lister } from './contract/lister.ts';
import type { LocalApi } from './contract/local-api.ts';
import { LeaderElector } from './controller/election/leader-elector.ts';
import { openGate } from './controller/election/open-gate.ts';
import { FederationController } from './controller/federation-controller.ts';
import { FederationView } from './controller/federation-view.ts';
import { MergedIndex } from './index/merged-index.ts';
import { systemClock } from './runtime/clock.ts';
import { systemRandom } from './runtime/random.ts';
import type { EngineContext } from './sync/engine-context.ts';
import { LocalReplication } from './sync/local-replication.ts';

/** The federated services controller with all that it needs, ready to run. */
export interface Federation {
  readonly view: ControllerView;
  /** Runs until the signal aborts; then ends the writes under way, gives the Lease back and resolves. */
  run(signal: AbortSignal): Promise<void>;
}

export interface FederationSurroundings {
  readonly local: LocalCluster;
  readonly remote: Lister;
  readonly fleet: FleetStatus;
  readonly context: EngineContext;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The budget of --max-objects-per-cluster is for remotes: the local cluster's own API server bounds this. */
const MAX_LOCAL_OBJECTS = 100_000_000;
const LOCAL_HISTORY = 1000;

/** Wires the controller. Nothing runs yet. @throws Error where the local cluster has no Kubernetes API. */
export async function prepareFederation(
  config: FederationConfig,
  { local, remote, fleet, context, environment }: FederationSurroundings,
): Promise<Federation> {
  const { api, services } = local;
  if (api === undefined || services === undefined) {
    throw new Error('--controllers federated-services needs the API of the local cluster: give --kubeconfig');
  }
  const { clock, random, report } = context;
  const index = new MergedIndex({
    clock,
    random,
    report,
    maxObjectsPerCluster: MAX_LOCAL_OBJECTS,
    historyLength: LOCAL_HISTORY,
  });
  const replication = new LocalReplication({
    services,
    replicas: index,
    context: { ...context, maxObjectsPerCluster: MAX_LOCAL_OBJECTS },
  });
  const instance = environment['HOSTNAME'] || hostname();
  const elector = config.election && (await newElector(config.election, api, instance, context));
  const gate = elector ?? openGate(instance, config.writeTimeoutMs);
  const controller = new FederationController({
    options: config,
    api,
    local: index,
    remote,
    fleet,
    gate,
    instance,
    clock,
    random,
    report,
  });
  return {
    view: new FederationView(controller, clock),
    run: (signal) => run({ controller, elector, replication }, signal),
  };
}

interface Parts {
  readonly controller: FederationController;
  readonly elector: LeaderElector | undefined;
  readonly replication: LocalReplication;
}

/** The Lease is held until the last write has ended, and the local cluster is read until then. */
async function run({ controller, elector, replication }: Parts, signal: AbortSignal): Promise<void> {
  const after = new AbortController();
  const electing = elector?.run(after.signal);
  const reading = replication.run(after.signal);
  try {
    await controller.run(signal);
  } finally {
    after.abort(new Error('the controller ended'));
    await electing;
    await elector?.release(AbortSignal.timeout(RELEASE_MS));
    await reading;
  }
}

/** A process that is to end must not hang on an API server that does not answer. */
const RELEASE_MS = 5000;

async function newElector(
  config: ElectionConfig,
  api: LocalApi,
  instance: string,
  { clock, random, report }: EngineContext,
): Promise<LeaderElector> {
  const namespace = config.leaseNamespace ?? (await ownNamespace());
  // A pod of the same name may come back on another node while the first still runs.
  const suffix = Math.floor(random() * 2 ** 40)
    .toString(16)
    .padStart(10, '0');
  return new LeaderElector(api, {
    lease: { namespace, name: config.leaseName },
    identity: `${instance}_${suffix}`,
    timings: config,
    clock,
    random,
    report,
  });
}

/** The local cluster alone, for commands that write to it. Rejects with a DatastoreError where it is not configured. */
export async function openLocalApi(
  values: Values,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LocalClusterHandle> {
  const local = await openLocalCluster(
    {
      rccSources: [],
      offline: false,
      rccDirectory: undefined,
      kubeconfig: values.kubeconfig,
      localEtcd: undefined,
      inspect: [],
      apiUsers: ['cleanup'],
      datastore: {
        connectTimeoutMs: values['connect-timeout'],
        requestTimeoutMs: values['request-timeout'],
        maxObjectBytes: MAX_LOCAL_OBJECT_BYTES,
        excludeNamespaces: [],
      },
    },
    { clock: systemClock, random: systemRandom, environment },
  );
  const { api } = local;
  if (api === undefined) throw new Error('there is no access to the local cluster: give --kubeconfig');
  const namespace = values['lease-namespace'] ?? (await ownNamespace());
  return { api, lease: { namespace, name: values['lease-name'] }, close: () => local.close() };
}

/** The API server's own limit is lower. */
const MAX_LOCAL_OBJECT_BYTES = 4 * 1024 * 1024;

/** Of the pod; kube-system elsewhere. */
async function ownNamespace(): Promise<string> {
  try {
    return (await readFile(join(SERVICE_ACCOUNT_MOUNT, 'namespace'), 'utf8')).trim() || 'kube-system';
  } catch {
    return 'kube-system';
  }
}
