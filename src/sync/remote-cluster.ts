import type { Adapter, DatastoreOptions } from '../contract/adapter.ts';
import type { ClusterStatus } from '../contract/cluster-status.ts';
import type { SecretSource } from '../contract/rcc-source.ts';
import type { ReplicaFactory } from '../contract/replica.ts';
import type { RccParse } from '../model/rcc-parse.ts';
import type { ClusterAccess, RccDocument } from '../model/rcc.ts';
import { AccessResolver, type ConfigProblem } from './access-resolver.ts';
import { clusterCondition, type Condition } from './cluster-condition.ts';
import type { EngineContext } from './engine-context.ts';
import type { IdentityRegistry } from './identity-registry.ts';
import type { Session } from './session.ts';
import { SessionSwitch } from './session-switch.ts';

/** What is equal for all clusters of a daemon. */
export interface ClusterSettings {
  readonly adapters: readonly Adapter[];
  readonly replicas: ReplicaFactory;
  readonly datastore: DatastoreOptions;
  readonly trustInline: boolean;
  readonly staleAfterMs: number;
  readonly filePollMs: number;
  readonly context: EngineContext;
}

export interface RemoteClusterOptions extends ClusterSettings {
  readonly name: string;
  readonly identities: IdentityRegistry;
  /** What is known of the identity of this cluster changed: others may have to be reconsidered. */
  readonly onIdentity: () => void;
}

const ON_ITS_WAY = 'a new configuration is on its way; the earlier one is in use until it is complete';

/** What a cluster shows that has no session yet. */
const NO_SESSION: Pick<Session, 'lastContact' | 'nextRetry' | 'statuses' | 'notes'> = {
  lastContact: null,
  nextRetry: null,
  statuses: () => [],
  notes: () => [],
};

/** One RCC from its arrival to its removal: resolves its access, runs its sessions, and says how it is. */
export class RemoteCluster {
  readonly #options: RemoteClusterOptions;
  readonly #controller = new AbortController();
  readonly #resolver: AccessResolver;
  readonly #sessions: SessionSwitch;
  #resolving: Promise<void> | undefined;
  #document: RccDocument | undefined;
  /** What the RCC itself says, until its access is known. */
  #stated: Pick<RccParse, 'datastoreType' | 'overlayRoutingMode'> | undefined;
  #access: ClusterAccess | undefined;
  #configProblem: ConfigProblem | undefined;
  #sourceMissing: string | undefined;
  #condition: Condition = { status: 'Connecting', reason: 'Starting', message: 'connecting' };
  #since: number;
  #announced = false;

  constructor(options: RemoteClusterOptions) {
    this.#options = options;
    this.#since = options.context.clock.now();
    this.#sessions = new SessionSwitch({
      cluster: options.name,
      replicas: options.replicas,
      identities: options.identities,
      context: options.context,
      onChange: () => this.refresh(),
      onIdentity: options.onIdentity,
    });
    this.#resolver = new AccessResolver({
      adapters: options.adapters,
      datastore: options.datastore,
      trustInline: options.trustInline,
      clock: options.context.clock,
      filePollMs: options.filePollMs,
      onResolved: ({ access, datastores }) => {
        this.#access = access;
        this.#configProblem = undefined;
        this.#sessions.use(datastores);
        this.refresh();
      },
      onStated: (stated) => {
        this.#stated = stated;
      },
      onProblem: (problem) => {
        this.#configProblem = problem;
        this.refresh();
      },
    });
  }

  start(document: RccDocument, secrets: SecretSource | undefined): void {
    this.#resolving = this.#resolver.run(this.#controller.signal);
    this.update(document, secrets);
  }

  update(document: RccDocument, secrets: SecretSource | undefined): void {
    this.#document = document;
    this.#resolver.update(document, secrets);
  }

  /** The RCC's source is gone or unreadable (a sentence), or back (undefined). */
  setSourceMissing(message: string | undefined): void {
    this.#sourceMissing = message;
  }

  /** Tried at least once: in sync, failed, or known to be unusable. */
  get tried(): boolean {
    return this.#condition.status !== 'Connecting' && this.#condition.status !== 'ResyncInProgress';
  }

  /** Computes the status anew and reports it if it changed; lets a session take over that is ready. */
  refresh(): void {
    const { context, name } = this.#options;
    if (this.#controller.signal.aborted) return;
    this.#sessions.withdrawDuplicate();
    if (this.#sessions.settle()) {
      const message = 'the new configuration is in use';
      context.report({ event: 'cluster.reconfigured', cluster: name, message });
    }
    const before = this.#condition;
    const next = this.#nextCondition();
    this.#condition = next;
    const changed = before.status !== next.status || before.reason !== next.reason;
    if (changed) this.#since = context.clock.now();
    if (!changed && this.#announced) return;
    const previous = this.#announced ? before.status : null;
    this.#announced = true;
    context.report({ event: 'cluster.status', cluster: name, ...next, previous });
  }

  status(): ClusterStatus {
    const { name, staleAfterMs, context } = this.#options;
    const { pending, replica, served } = this.#sessions;
    const session = this.#sessions.active ?? NO_SESSION;
    const stated = this.#access ?? this.#stated;
    const age = context.clock.now() - (session.lastContact ?? this.#since);
    return {
      name,
      datastoreType: stated?.datastoreType ?? null,
      ...this.#condition,
      since: this.#since,
      lastContact: session.lastContact,
      stale: served && age > staleAfterMs,
      nextRetry: pending?.nextRetry ?? session.nextRetry,
      counts: replica.counts(),
      datastores: session.statuses(),
      overlayRoutingMode: stated?.overlayRoutingMode ?? 'Disabled',
      ...originOf(this.#document),
      skipped: replica.skipped(),
      notes: pending ? [ON_ITS_WAY, ...session.notes()] : session.notes(),
    };
  }

  /** Ends everything and keeps the data in the index. May be called twice. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('the cluster was stopped'));
    await this.#resolving;
    await this.#sessions.stop();
  }

  /** Ends everything and withdraws the data. */
  async remove(): Promise<void> {
    await this.stop();
    await this.#sessions.replica.drop();
    this.#options.identities.delete(this.#options.name);
    this.#options.onIdentity();
  }

  #nextCondition(): Condition {
    const { active } = this.#sessions;
    return clusterCondition({
      configProblem: this.#configProblem ?? this.#duplicateProblem() ?? this.#sessions.pendingProblem(),
      datastores: active?.statuses() ?? [],
      identityOnly: this.#access?.datastoreType === 'etcdv3' && this.#access.kubernetes === undefined,
      overBudget: this.#sessions.replica.overBudget,
      sourceMissing: this.#sourceMissing,
    });
  }

  #duplicateProblem(): ConfigProblem | undefined {
    const { identities, name } = this.#options;
    const other = identities.duplicateOf(name);
    if (other === undefined) return undefined;
    return { reason: 'DuplicateOf', message: `the same cluster as ${other}; only that one is read` };
  }
}

function originOf(document: RccDocument | undefined): Pick<ClusterStatus, 'origin' | 'object'> {
  const { origin = '', object } = document ?? {};
  return object === undefined ? { origin } : { origin, object };
}
