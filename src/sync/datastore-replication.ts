import type { PreparedDatastore } from '../contract/adapter.ts';
import type { DatastoreStatus } from '../contract/cluster-status.ts';
import { DatastoreError } from '../contract/datastore-error.ts';
import type { Datastore } from '../contract/datastore.ts';
import type { ResourceStore } from '../contract/replica.ts';
import type { Resource } from '../model/kind.ts';
import type { StatusReason } from '../model/status.ts';
import { Backoff } from '../runtime/backoff.ts';
import { datastoreStatus, type ResourceFacts } from './datastore-status.ts';
import type { EngineContext } from './engine-context.ts';
import { Reflector, type ReflectorFailure, type ReflectorObserver } from './reflector.ts';
import { isSettled, nextPhase, type ResourceEvent, type ResourcePhase } from './resource-phase.ts';

export interface DatastoreReplicationOptions {
  readonly cluster: string;
  readonly prepared: PreparedDatastore;
  readonly store: (resource: Resource) => ResourceStore;
  readonly context: EngineContext;
  readonly onChange: () => void;
  /** Called when the identity is known; false = do not read this cluster. Asked again until it says true. */
  readonly onIdentity: () => boolean;
}

interface ResourceState {
  phase: ResourcePhase;
  reason: StatusReason;
  message: string;
  /** Milliseconds since the epoch; null = no retry is waiting. */
  nextRetry: number | null;
  note: string | undefined;
}

/** How often a cluster that must not be read (a duplicate) asks again. */
const ADMISSION_RETRY_MS = 5_000;

/** One datastore of a session: asks who it is, then runs one reflector per resource. */
export class DatastoreReplication {
  readonly #options: DatastoreReplicationOptions;
  readonly #resources = new Map<Resource, ResourceState>();
  #identities: readonly string[] = [];
  #lastContact: number | null = null;
  #unreachable: { readonly reason: StatusReason; readonly message: string } | undefined;
  #identifyRetry: number | null = null;

  constructor(options: DatastoreReplicationOptions) {
    this.#options = options;
  }

  get identities(): readonly string[] {
    return this.#identities;
  }

  get lastContact(): number | null {
    return this.#lastContact;
  }

  get nextRetry(): number | null {
    const times = [this.#identifyRetry, ...[...this.#resources.values()].map((r) => r.nextRetry)];
    const waiting = times.filter((t) => t !== null);
    return waiting.length === 0 ? null : Math.min(...waiting);
  }

  get settled(): boolean {
    const states = [...this.#resources.values()];
    return states.length > 0 && states.every((state) => isSettled(state.phase));
  }

  resourcesIn(phase: ResourcePhase): readonly Resource[] {
    return [...this.#resources].filter(([, state]) => state.phase === phase).map(([resource]) => resource);
  }

  notes(): readonly string[] {
    return [...this.#resources.values()].map((state) => state.note).filter((note) => note !== undefined);
  }

  status(): DatastoreStatus {
    const facts: ResourceFacts[] = [...this.#resources].map(([resource, { phase, reason, message }]) => ({
      resource,
      phase,
      reason,
      message,
    }));
    return datastoreStatus(this.#options.prepared.type, facts, this.#unreachable);
  }

  /** Runs until the signal aborts; then everything it opened is closed. */
  async run(signal: AbortSignal): Promise<void> {
    const datastore = this.#options.prepared.open();
    try {
      await this.#identify(datastore, signal);
      const { clock } = this.#options.context;
      while (!this.#options.onIdentity()) await clock.sleep(ADMISSION_RETRY_MS, signal);
      await Promise.all(datastore.resources.map((resource) => this.#reflect(datastore, resource, signal)));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await datastore.close();
    }
  }

  async #identify(datastore: Datastore, signal: AbortSignal): Promise<void> {
    const { clock, random, timings } = this.#options.context;
    const backoff = new Backoff({ firstMs: timings.firstRetryMs, maxMs: timings.maxRetryMs, random });
    for (;;) {
      try {
        this.#identities = await datastore.identify(signal);
        this.#unreachable = undefined;
        this.#identifyRetry = null;
        this.#contact();
        return;
      } catch (error) {
        signal.throwIfAborted();
        const failure = describe(error);
        const waitMs = Math.max(backoff.next(), failure.retryAfterMs);
        const { reason, message } = failure;
        this.#unreachable = { reason, message };
        this.#reportUnreachable({ reason, message, retryInMs: waitMs, attempt: backoff.failures });
        this.#identifyRetry = clock.now() + waitMs;
        this.#options.onChange();
        await clock.sleep(waitMs, signal);
      }
    }
  }

  #reportUnreachable(failure: ReflectorFailure): void {
    const { cluster, prepared, context } = this.#options;
    context.report({ event: 'datastore.failed', cluster, datastore: prepared.type, ...failure });
  }

  #reflect(datastore: Datastore, resource: Resource, signal: AbortSignal): Promise<void> {
    const state: ResourceState = {
      phase: 'waiting',
      reason: 'Starting',
      message: '',
      nextRetry: null,
      note: undefined,
    };
    this.#resources.set(resource, state);
    const { context } = this.#options;
    const reflector = new Reflector({
      datastore,
      resource,
      store: this.#options.store(resource),
      observer: this.#observer(resource, state),
      timings: context.timings,
      clock: context.clock,
      random: context.random,
      lists: context.lists,
    });
    return reflector.run(signal);
  }

  #observer(resource: Resource, state: ResourceState): ReflectorObserver {
    const { cluster, context, prepared, onChange } = this.#options;
    const source = { cluster, datastore: prepared.type, resource };
    return {
      contact: () => this.#contact(),
      note: (note) => {
        state.note = note;
      },
      listed: ({ objects, durationMs, first }) => {
        const cause = first ? 'first' : 'relist';
        context.report({ event: 'resource.listed', ...source, objects, durationMs, cause });
      },
      event: (event, failure) => {
        const before = state.phase;
        this.#step(state, event, failure);
        if (failure) context.report({ event: 'resource.failed', ...source, ...failure });
        else if (before === 'lost' && state.phase === 'synced') {
          context.report({ event: 'resource.resumed', ...source });
        }
        if (failure || before !== state.phase) onChange();
      },
    };
  }

  #step(state: ResourceState, event: ResourceEvent, failure: ReflectorFailure | undefined): void {
    state.phase = nextPhase(state.phase, event);
    state.nextRetry = failure ? this.#options.context.clock.now() + failure.retryInMs : null;
    if (!failure) return;
    state.reason = failure.reason;
    state.message = failure.message;
  }

  #contact(): void {
    this.#lastContact = this.#options.context.clock.now();
  }
}

function describe(error: unknown): { reason: StatusReason; message: string; retryAfterMs: number } {
  if (error instanceof DatastoreError) {
    return { reason: error.reason, message: error.message, retryAfterMs: error.retryAfterMs ?? 0 };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { reason: 'ProtocolError', message: `unexpected error: ${message}`, retryAfterMs: 0 };
}
