import type { PreparedDatastore } from '../contract/adapter.ts';
import type { DatastoreStatus } from '../contract/cluster-status.ts';
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
  /** What the active session wrote is being withdrawn; the next one starts after that. */
  #withdrawing = false;
  #stopped = false;

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
    if (this.#withdrawing) {
      this.#activeDatastores = datastores;
      return;
    }
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
    if (this.#duplicateOf(pending) !== undefined) return false;
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
    const other = this.#duplicateOf(pending);
    if (other !== undefined) {
      const message = `the new configuration reaches the same cluster as ${other}; the earlier one stays in use`;
      return { reason: 'DuplicateOf', message };
    }
    const failed = failureOf(pending);
    const held = this.#holdsBack(pending);
    if (!failed && held === undefined) return undefined;
    const why = failed?.message ?? `it may not read ${held}`;
    const message = `the new configuration does not work (${why}); the earlier one stays in use`;
    return { reason: failed?.reason ?? 'Forbidden', message };
  }

  /**
   * Withdraws what a session wrote that turned out to be a duplicate, and starts from the beginning, where the session
   * waits to be admitted. A new configuration that is on its way may be the end of it, and is waited for.
   */
  withdrawDuplicate(): void {
    if (!this.#active?.admitted || this.#duplicateOf(this.#active) === undefined) return;
    if (this.#pending && !failureOf(this.#pending)) return;
    if (this.#pending) this.#activeDatastores = this.#pendingDatastores;
    this.#dropPending();
    this.#end(this.#active);
    this.#active = undefined;
    this.#served = false;
    this.#withdrawing = true;
    this.#track(
      this.#replica.drop().then(() => {
        this.#withdrawing = false;
        if (this.#stopped) return;
        this.#replica = this.#options.replicas.open(this.#options.cluster);
        this.#start(this.#activeDatastores);
      }),
    );
  }

  /** Ends the sessions; data stays. May be called twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#dropPending();
    this.#end(this.#active);
    await Promise.all(this.#ending);
  }

  #start(datastores: readonly PreparedDatastore[]): void {
    const replaced = this.#active;
    this.#end(replaced);
    this.#active = this.#open(datastores, false);
    this.#activeDatastores = datastores;
    // What the one before reached, others may have now.
    if (replaced) this.#announce();
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
      admit: (session) => this.#admit(session),
    });
  }

  #admit(session: Session): boolean {
    if (session === this.#active) this.#announce();
    return this.#duplicateOf(session) === undefined;
  }

  /** The other cluster that keeps what this session reaches. */
  #duplicateOf(session: Session): string | undefined {
    return this.#options.identities.duplicateOf(this.#options.cluster, session.identities);
  }

  #announce(): void {
    const ids = this.#active?.identities ?? [];
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
    const { cluster, context } = this.#options;
    const tracked: Promise<void> = ending
      .catch((error: unknown) =>
        context.report({
          event: 'internal.error',
          message: `${cluster}: ending a session: ${String(error)}`,
        }),
      )
      .finally(() => this.#ending.delete(tracked));
    this.#ending.add(tracked);
  }
}

function failureOf(session: Session): DatastoreStatus | undefined {
  return session.statuses().find((status) => status.status === 'NotConnecting');
}
