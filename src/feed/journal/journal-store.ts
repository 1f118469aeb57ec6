import type { FleetStatus } from '../../contract/cluster-status.ts';
import type { Reporter } from '../../contract/event.ts';
import type { Lister } from '../../contract/lister.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { FEED_PLURALS } from '../feed-resource.ts';
import type { FeedPlural } from '../feed-resource.ts';
import type {
  FeedBody,
  FeedFailure,
  FeedList,
  FeedStats,
  FeedStore,
  FeedTarget,
  GetRequest,
  ListRequest,
  Watch,
  WatchRequest,
  WatchSink,
} from '../feed-store.ts';
import { feedEncoder } from '../objects/encoder-for.ts';
import type { FeedEncoder } from '../objects/feed-encoder.ts';
import { clusterNotFound, notRunning, objectNotFound } from './feed-failure.ts';
import { FeedHistory } from './feed-history.ts';
import { FeedJournal } from './feed-journal.ts';
import { FeedLists } from './feed-lists.ts';
import { FeedObjects } from './feed-objects.ts';
import { FeedRevisions } from './feed-revisions.ts';
import { FeedWatches } from './feed-watches.ts';
import { getFailure } from './list-rules.ts';
import { LiveSnapshots } from './live-snapshots.ts';
import { RemoteClusters } from './remote-clusters.ts';
import { SharedTurns } from './shared-turns.ts';
import { TurnTaker } from './turn-taker.ts';
import { WatchDesk } from './watch-desk.ts';

export interface JournalLimits {
  /** Memory of the history of events, estimated; default 64 MiB. */
  readonly historyBytes: number;
  /** Events of the history of one collection; default 100,000. */
  readonly historyEvents: number;
  /** Lists that are read, or may be continued, at one time; default 64. */
  readonly snapshots: number;
  /** How long a watcher that fell out of the history has to take that news; default 5 s. */
  readonly graceMs: number;
  /** After which a collection that nobody reads keeps no history; default 5 min. */
  readonly idleMs: number;
}

const LIMITS: JournalLimits = {
  historyBytes: 64 << 20,
  historyEvents: 100_000,
  snapshots: 64,
  graceMs: 5000,
  idleMs: 300_000,
};

export interface JournalStoreOptions {
  readonly lister: Lister;
  readonly fleet: Pick<FleetStatus, 'clusters'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Reporter;
  readonly limits?: Partial<JournalLimits>;
}

const TICK_MS = 250;
/** How often the status of the remote clusters is looked at. */
const LOOK_MS = 1000;
/** How soon it is looked at again for a cluster that is not known. */
const LOOK_AGAIN_MS = 50;

/** The feed over the merged index and the status of the fleet. Answers while `run` runs. */
export class JournalStore implements FeedStore {
  readonly #options: JournalStoreOptions;
  readonly #limits: JournalLimits;
  readonly #revisions: FeedRevisions;
  readonly #history: FeedHistory;
  readonly #journal: FeedJournal;
  readonly #remotes: RemoteClusters;
  readonly #snapshots: LiveSnapshots;
  readonly #objects: FeedObjects;
  readonly #desk: WatchDesk;
  readonly #lists: FeedLists;
  readonly #watches: FeedWatches;
  /** When each collection was asked for last, monotonic. */
  readonly #usedAt = new Map<FeedPlural, number>();
  #signal: AbortSignal | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: JournalStoreOptions) {
    const { clock, random, lister, report } = options;
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const { historyBytes, historyEvents, graceMs } = this.#limits;
    const revisions = new FeedRevisions(clock, random);
    const history = new FeedHistory({ bytes: historyBytes, eventsPerCollection: historyEvents });
    const onEvents = (resources: Iterable<FeedPlural>): void => this.#desk.wake(resources);
    const windowBytes = historyBytes / 4;
    const journal = new FeedJournal({ lister, clock, revisions, history, windowBytes, onEvents });
    const snapshots = new LiveSnapshots({ clock, random, max: this.#limits.snapshots });
    const remotes = new RemoteClusters({
      fleet: options.fleet,
      held: () => lister.clusters(),
      clock,
      process: revisions.process,
      bump: () => journal.bump(),
    });
    const shared = new SharedTurns();
    const newTurns = (signal: AbortSignal): TurnTaker => new TurnTaker(shared, clock, signal);
    const objects = new FeedObjects({ lister, newTurns, revisions, journal, remotes, snapshots });
    this.#desk = new WatchDesk({
      clock,
      report,
      graceMs,
      border: () => journal.border(),
      version: (sequence) => revisions.text(sequence),
      afterTurn: (ms) => {
        history.trim();
        journal.worked(ms);
      },
    });
    this.#lists = new FeedLists({ newTurns, revisions, journal, objects, snapshots });
    this.#watches = new FeedWatches({
      clock,
      random,
      revisions,
      journal,
      objects,
      history,
      desk: this.#desk,
    });
    this.#revisions = revisions;
    this.#history = history;
    this.#journal = journal;
    this.#snapshots = snapshots;
    this.#remotes = remotes;
    this.#objects = objects;
  }

  /** Runs until the signal aborts; then all watches end, and lists break off. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    try {
      while (!signal.aborted) {
        this.#tick();
        await this.#options.clock.sleep(TICK_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#signal = undefined;
      this.#desk.stop();
      this.#snapshots.close();
      for (const resource of this.#history.awake) this.#objects.sleep(resource);
      this.#journal.stop();
    }
  }

  get resourceVersion(): string {
    return this.#revisions.text(this.#journal.sequence);
  }

  hasCluster(name: string): boolean {
    if (this.#remotes.get(name) !== undefined) return true;
    // It may have been added a moment ago.
    const isDue = this.#options.clock.monotonic() - this.#lookedAt >= LOOK_AGAIN_MS;
    if (isDue && this.#signal !== undefined) this.#look();
    return this.#remotes.get(name) !== undefined;
  }

  async get(request: GetRequest): Promise<FeedBody | FeedFailure> {
    const signal = this.#signal;
    const failure = getFailure(request.resourceVersion, this.#revisions, this.#journal.sequence);
    if (failure !== undefined) return failure;
    if (signal === undefined) return notRunning();
    await this.#use(request.resource, signal);
    const place = { ...request, namespace: request.namespace ?? '' };
    const origin = await this.#objects.find(place, signal);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return refusal;
    const object = this.#objects.read(place, origin);
    if (object === undefined) return objectNotFound(request.resource, request.name);
    return { state: 'ok', body: this.#encoder(request).object(object) };
  }

  async list(request: ListRequest, signal: AbortSignal): Promise<FeedList | FeedFailure> {
    const own = this.#signal;
    if (own === undefined) return notRunning();
    await this.#use(request.resource, own);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return refusal;
    return this.#lists.list(request, this.#encoder(request), AbortSignal.any([own, signal]));
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<Watch | FeedFailure> {
    const signal = this.#signal;
    if (signal === undefined) return notRunning();
    await this.#use(request.resource, signal);
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return refusal;
    return this.#watches.watch(request, this.#encoder(request), sink);
  }

  stats(): FeedStats {
    const watches = FEED_PLURALS.map((plural) => [plural, this.#desk.count(plural)] as const);
    return {
      watches: Object.fromEntries(watches) as FeedStats['watches'],
      ringEvents: this.#history.events,
      ringBytes: this.#history.bytes,
      snapshots: this.#snapshots.size,
      dormant: this.#history.awake.size === 0,
      changesTotal: this.#journal.changesTotal,
      eventsTotal: this.#history.eventsTotal,
      encodedBytesTotal: this.#history.encodedBytesTotal,
      watchesEndedTotal: this.#desk.endsTotal,
      snapshotsDroppedTotal: this.#snapshots.droppedTotal,
    };
  }

  /** Why a request for this target is not answered at all. */
  #refusal({ view }: FeedTarget): FeedFailure | undefined {
    if (this.#signal === undefined) return notRunning();
    if (view.view === 'cluster' && !this.hasCluster(view.cluster)) return clusterNotFound(view.cluster);
    return undefined;
  }

  async #use(resource: FeedPlural, signal: AbortSignal): Promise<void> {
    this.#usedAt.set(resource, this.#options.clock.monotonic());
    if (!this.#history.isAwake(resource)) await this.#objects.wake(resource, signal);
  }

  #encoder({ resource, view, encoding }: FeedTarget): FeedEncoder {
    const { clock } = this.#options;
    const version = (sequence: number): string => this.#revisions.text(sequence);
    return feedEncoder({ resource, view, encoding, version, now: () => clock.now() });
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#lookedAt >= LOOK_MS) this.#look();
    this.#desk.tick();
    this.#snapshots.expire();
    for (const resource of this.#history.awake) {
      const usedAt = this.#usedAt.get(resource) ?? 0;
      if (this.#desk.count(resource) > 0) this.#usedAt.set(resource, now);
      else if (now - usedAt > this.#limits.idleMs) this.#objects.sleep(resource);
    }
  }

  #look(): void {
    this.#lookedAt = this.#options.clock.monotonic();
    const events = this.#remotes.look();
    if (events.length === 0) return;
    this.#history.push('remoteclusters', events);
    this.#desk.wake(['remoteclusters']);
    for (const { type, object } of events) if (type === 'DELETED') this.#desk.remove(object.name);
  }
}
