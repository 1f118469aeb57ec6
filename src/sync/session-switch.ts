import type { PreparedDatastore } from '../contract/adapter.ts';
import type { ClusterReplica, ReplicaFactory } from '../contract/replica.ts';
import type { ConfigProblem } from './access-resolver.ts';
import type { EngineContext } from './engine-context.ts';
import type { IdentityRegistry } from './identity-registry.ts';
import { Session, fingerprintOf } from './session.ts';

export interface SessionSwitchOptions {
  readonly cluster: string;
  readonly replicas: ReplicaFactory;
  readonly identities: IdentityRegistry;
  readonly context: EngineContext;
  /** Something that the status is made from changed. */
  readonly onChange: () => void;
  /** What is known of the identity of this cluster changed. */
  readonly onIdentity: () => void;
}

/**
 * Which session of a cluster writes the index. A change of configuration is made before break: the new session
 * collects beside the old one and takes over, as a diff, when it is complete.
 */
export class SessionSwitch {
  readonly #options: SessionSwitchOptions;
  readonly #ending = new Set<Promise<void>>();
  #replica: ClusterReplica;
  #active: Session | undefined;
  #activeDatastores: readonly PreparedDatastore[] = [];
  #pending: Session | undefined;
  #pendingDatastores: readonly PreparedDatastore[] = [];
  /** The active session was complete once. */
  #served = false;

  constructor(options: SessionSwitchOptions) {
    this.#options = options;
    this.#replica = options.replicas.open(options.cluster);
  }

  get active(): Session | undefined {
    return this.#active;
  }

  get pending(): Session | undefined {
    return this.#pending;
  }

  get replica(): ClusterReplica {
    return this.#replica;
  }

  get served(): boolean {
    return this.#served;
  }

  /** This configuration shall be in charge. Nothing happens if it is already, or is on its way. */
  use(datastores: readonly PreparedDatastore[]): void {
    const fingerprint = fingerprintOf(datastores);
    if (this.#active?.fingerprint === fingerprint) return this.#dropPending();
    if (this.#pending?.fingerprint === fingerprint) return;
    this.#dropPending();
    if (this.#active && this.#served) {
      this.#pending = this.#open(datastores, true);
      this.#pendingDatastores = datastores;
      this.#pending.start();
      return;
    }
    this.#start(datastores);
  }

  /** Lets a complete pending session take over. Returns true if it did. */
  settle(): boolean {
    if (this.#active?.settled && !this.#served) {
      this.#served = true;
      this.#active.promote();
    }
    const { pending } = this;
    if (!pending?.settled || this.#holdsBack(pending) !== undefined) return false;
    this.#end(this.#active);
    pending.promote();
    this.#active = pending;
    this.#activeDatastores = this.#pendingDatastores;
    this.#pending = undefined;
    this.#announce();
    return true;
  }

  /** Why the new configuration is not in charge although it was tried; undefined while it is only on its way. */
  pendingProblem(): ConfigProblem | undefined {
    const { pending } = this;
    if (!pending) return undefined;
    const failed = pending.statuses().find((status) => status.status === 'NotConnecting');
    const held = this.#holdsBack(pending);
    if (!failed && held === undefined) return undefined;
    const why = failed?.message ?? `it may not read ${held}`;
    const message = `the new configuration does not work (${why}); the earlier one stays in use`;
    return { reason: failed?.reason ?? 'Forbidden', message };
  }

  /** Withdraws the data and starts from the beginning, where the session waits to be admitted. */
  restartWithdrawn(): void {
    const datastores = this.#activeDatastores;
    this.#dropPending();
    const withdrawn = this.#replica;
    this.#end(this.#active);
    this.#active = undefined;
    this.#served = false;
    this.#track(
      withdrawn.drop().then(() => {
        if (this.#active) return;
        this.#replica = this.#options.replicas.open(this.#options.cluster);
        this.#start(datastores);
      }),
    );
  }

  /** Ends the sessions; data stays. May be called twice. */
  async stop(): Promise<void> {
    this.#dropPending();
    this.#end(this.#active);
    await Promise.all(this.#ending);
    this.#end(this.#active);
    await Promise.all(this.#ending);
  }

  #start(datastores: readonly PreparedDatastore[]): void {
    this.#end(this.#active);
    this.#active = this.#open(datastores, false);
    this.#activeDatastores = datastores;
    this.#active.start();
  }

  /** Resources that the session in charge has in sync and the new one may not read: a step back. */
  #holdsBack(pending: Session): string | undefined {
    const inSync = this.#active?.resourcesIn('synced') ?? [];
    const lost = pending.resourcesIn('forbidden').filter((resource) => inSync.includes(resource));
    return lost.length === 0 ? undefined : lost.join(', ');
  }

  #open(datastores: readonly PreparedDatastore[], staged: boolean): Session {
    const { cluster, context, onChange } = this.#options;
    return new Session({
      cluster,
      datastores,
      replica: this.#replica,
      staged,
      context,
      onChange,
      admit: () => this.#admit(),
    });
  }

  #admit(): boolean {
    this.#announce();
    return this.#options.identities.duplicateOf(this.#options.cluster) === undefined;
  }

  #announce(): void {
    const ids = [...(this.#active?.identities ?? []), ...(this.#pending?.identities ?? [])];
    if (this.#options.identities.set(this.#options.cluster, ids)) this.#options.onIdentity();
  }

  #dropPending(): void {
    this.#end(this.#pending);
    this.#pending = undefined;
  }

  #end(session: Session | undefined): void {
    if (!session) return;
    session.detach();
    this.#track(session.stop());
  }

  #track(ending: Promise<void>): void {
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }
}
