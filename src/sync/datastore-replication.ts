import type { PreparedDatastore } from '../contract/adapter.ts';
import type { DatastoreStatus } from '../contract/cluster-status.ts';
import type { DatastoreError } from '../contract/datastore-error.ts';
import type { Datastore } from '../contract/datastore.ts';
import type { ResourceStore } from '../contract/replica.ts';
import type { Resource } from '../model/kind.ts';
import type { StatusReason } from '../model/status.ts';
import { Backoff } from '../runtime/backoff.ts';
import { asDatastoreError } from './as-datastore-error.ts';
import { datastoreStatus, type ResourceFacts } from './datastore-status.ts';
import type { EngineContext } from './engine-context.ts';
import { ListPlaces } from './list-places.ts';
import { EAGER_RETRY, ReturnProbe } from './return-probe.ts';
import { Reflector, type ReflectorFailure, type ReflectorObserver } from './reflector.ts';
import { isSettled, nextPhase, type ResourceEvent, type ResourcePhase } from './resource-phase.ts';

export interface DatastoreReplicationOptions {
  readonly cluster: string;
  readonly prepared: PreparedDatastore;
  readonly store: (resource: Resource) => ResourceStore;
  readonly context: EngineContext;
  readonly onChange: () => void;
  /** Called when the identity is known; false = do not read this cluster. Asked again until it says true. */
  readonly onIdentity: () => Promise<boolean>;
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

/** The datastore answers. A list that is only asked for is no contact: `lost` and `failing` wait for an answer. */
const IN_CONTACT: ReadonlySet<ResourcePhase> = new Set(['synced', 'listing', 'relisting']);

/** One datastore of a session: asks who it is, then runs one reflector per resource. */
export class DatastoreReplication {
  readonly #options: DatastoreReplicationOptions;
  readonly #resources = new Map<Resource, ResourceState>();
  /** Settles when this datastore was asked once who it is, whatever it answered, or is not asked any more. */
  readonly asked: Promise<void>;
  readonly #onAsked: () => void;
  readonly #places: ListPlaces;
  #identities: readonly string[] = [];
  #lastContact: number | null = null;
  #unreachable: { readonly reason: StatusReason; readonly message: string } | undefined;
  #identifyRetry: number | null = null;
  #probe: ReturnProbe | undefined;

  constructor(options: DatastoreReplicationOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.asked = promise;
    this.#onAsked = resolve;
    this.#places = new ListPlaces(options.context.lists, options.cluster);
  }

  get identities(): readonly string[] {
    return this.#identities;
  }

  get lastContact(): number | null {
    return this.#lastContact;
  }

  get nextRetry(): number | null {
    const times = [this.#identifyRetry, ...[...this.#resources.values()].map((r) => r.nextRetry)];
    const now = this.#options.context.clock.now();
    // One whose time is over is under way.
    const waiting = times.filter((t): t is number => t !== null && t > now);
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
      while (!(await this.#options.onIdentity())) await clock.sleep(ADMISSION_RETRY_MS, signal);
      this.#probe = this.#newProbe(datastore);
      await Promise.all(datastore.resources.map((resource) => this.#reflect(datastore, resource, signal)));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#onAsked();
      await datastore.close();
    }
  }

  async #identify(datastore: Datastore, signal: AbortSignal): Promise<void> {
    const { clock, random, timings } = this.#options.context;
    const { firstRetryMs: firstMs, maxRetryMs: maxMs } = timings;
    const backoff = new Backoff({ firstMs, maxMs, random, eager: EAGER_RETRY });
    // What somebody has to correct is no outage: a wrong password is not tried every few seconds.
    const slow = new Backoff({ firstMs, maxMs, random });
    for (;;) {
      try {
        this.#identities = await datastore.identify(signal);
        this.#unreachable = undefined;
        this.#identifyRetry = null;
        this.#contact();
        this.#onAsked();
        return;
      } catch (error) {
        signal.throwIfAborted();
        this.#onAsked();
        const failure = asDatastoreError(error);
        const waitMs = Math.max((isOutage(failure) ? backoff : slow).next(), failure.retryAfterMs ?? 0);
        const { reason, message } = failure;
        this.#unreachable = { reason, message };
        const attempt = backoff.failures + slow.failures;
        this.#reportUnreachable({ reason, message, retryInMs: waitMs, attempt });
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
      observer: this.#observer(resource, state, signal),
      timings: context.timings,
      clock: context.clock,
      random: context.random,
      lists: this.#places,
      sleepWhileLost: (ms, asleep) => this.#sleepWhileLost(ms, asleep),
    });
    return reflector.run(signal);
  }

  #observer(resource: Resource, state: ResourceState, signal: AbortSignal): ReflectorObserver {
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
        if (!first) this.#probe?.verify(signal);
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
    if (IN_CONTACT.has(state.phase)) this.#probe?.found();
    state.nextRetry = failure ? this.#options.context.clock.now() + failure.retryInMs : null;
    if (!failure) return;
    state.reason = failure.reason;
    state.message = failure.message;
  }

  #newProbe(datastore: Datastore): ReturnProbe {
    const { clock, random, timings } = this.#options.context;
    const { firstRetryMs, maxRetryMs } = timings;
    const ask = async (signal: AbortSignal): Promise<void> => {
      // No contact yet in the sense of the status: that its data arrives again is for the resources to show.
      const known = this.#identities;
      const now = await datastore.identify(signal);
      // A server that starts may refuse for a moment what tells who it is: less than before is no news.
      if (now.some((id) => !known.includes(id))) this.#identities = now;
      // It may be another cluster by now, even one that must not be read.
      await this.#options.onIdentity();
    };
    return new ReturnProbe({ clock, random, firstRetryMs, maxRetryMs, ask });
  }

  #sleepWhileLost(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    if (!this.#probe) return clock.sleep(ms, signal);
    if (!this.#inContact) this.#probe.lost(signal);
    return this.#probe.sleep(ms, signal);
  }

  get #inContact(): boolean {
    return [...this.#resources.values()].some(({ phase }) => IN_CONTACT.has(phase));
  }

  #contact(): void {
    this.#lastContact = this.#options.context.clock.now();
  }
}

/** Whether it may be over at any time by itself. */
function isOutage({ reaction, reason }: DatastoreError): boolean {
  return reaction === 'retry' && reason !== 'ProtocolError';
}
