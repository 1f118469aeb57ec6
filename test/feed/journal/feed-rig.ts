import assert from 'node:assert/strict';
import type { ClusterStatus } from '../../../src/contract/cluster-status.ts';
import type { DaemonEvent } from '../../../src/contract/event.ts';
import type { ClusterReplica, ResourceStore } from '../../../src/contract/replica.ts';
import type {
  FeedEncoding,
  FeedFailure,
  GetRequest,
  ListRequest,
  Watch,
  WatchEnd,
  WatchRequest,
  WatchSink,
} from '../../../src/feed/feed-store.ts';
import { MERGED } from '../../../src/feed/feed-object.ts';
import { JournalStore } from '../../../src/feed/journal/journal-store.ts';
import type { JournalLimits } from '../../../src/feed/journal/journal-store.ts';
import type { MergedIndex } from '../../../src/index/merged-index.ts';
import type { Resource } from '../../../src/model/kind.ts';
import type { Entry, EntryKey } from '../../../src/model/objects.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { newIndex, put } from '../../index/fixtures.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { turn } from '../../support/fake-clock.ts';

export const JSON_OBJECTS: FeedEncoding = { wire: 'json', form: 'object', includeObject: 'Metadata' };

export interface Shown {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export interface ShownEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Shown & { readonly code?: number; readonly message?: string };
}

export interface ShownList {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly Shown[];
}

export const LIST: ListRequest = {
  resource: 'workloadendpoints',
  view: MERGED,
  namespace: undefined,
  encoding: JSON_OBJECTS,
  labelSelector: '',
  fieldSelector: '',
  resourceVersion: '',
  resourceVersionMatch: '',
  limit: 0,
  continue: '',
  sendInitialEvents: undefined,
};

export const WATCH: WatchRequest = {
  resource: 'workloadendpoints',
  view: MERGED,
  namespace: undefined,
  encoding: JSON_OBJECTS,
  labelSelector: '',
  fieldSelector: '',
  resourceVersion: '',
  resourceVersionMatch: '',
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

export function clusterStatus(name: string, more: Partial<ClusterStatus> = {}): ClusterStatus {
  return {
    name,
    datastoreType: 'kubernetes',
    status: 'InSync',
    reason: 'Synced',
    message: 'all is well',
    since: 1_700_000_000_000,
    lastContact: 1_700_000_000_000,
    stale: false,
    nextRetry: null,
    counts: {
      workloadEndpoints: 0,
      hostEndpoints: 0,
      profiles: 0,
      services: 0,
      endpointSlices: 0,
      ipPools: 0,
      skipped: 0,
    },
    datastores: [],
    overlayRoutingMode: 'Disabled',
    origin: 'test',
    skipped: [],
    notes: [],
    ...more,
  };
}

/** What a watcher receives; it can be told to be full. */
export class Recorder implements WatchSink {
  readonly chunks: Buffer[] = [];
  watch: Watch | undefined;
  ended: WatchEnd | undefined;
  isFull = false;
  #parsed = 0;
  readonly #events: ShownEvent[] = [];

  write(bytes: Uint8Array): boolean {
    assert.equal(this.ended, undefined, 'nothing comes after the end');
    assert.ok(bytes.length > 0);
    this.chunks.push(Buffer.from(bytes));
    return !this.isFull;
  }

  end(why: WatchEnd): void {
    assert.equal(this.ended, undefined, 'it ends once');
    this.ended = why;
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** All so far, of a watch in JSON. */
  get events(): readonly ShownEvent[] {
    for (; this.#parsed < this.chunks.length; this.#parsed++) {
      const text = this.chunks[this.#parsed]?.toString() ?? '';
      assert.ok(text.endsWith('\n'), 'whole events');
      for (const line of text.split('\n')) if (line !== '') this.#events.push(JSON.parse(line) as ShownEvent);
    }
    return this.#events;
  }

  /** `TYPE name`, for short. */
  get summary(): readonly string[] {
    return this.events.map(({ type, object }) =>
      `${type} ${object.metadata?.name ?? object.code ?? ''}`.trim(),
    );
  }

  resume(): void {
    this.isFull = false;
    this.watch?.resume();
  }
}

/** A feed over a real index and a fleet of which the test says how it is. */
export class FeedRig {
  readonly index: MergedIndex;
  readonly clock: FakeClock;
  readonly events: DaemonEvent[] = [];
  readonly fleet = new Map<string, ClusterStatus>();
  readonly replicas = new Map<string, ClusterReplica>();
  readonly #stores = new Map<string, ResourceStore>();
  readonly #limits: Partial<JournalLimits>;
  #seed = 1;
  store: JournalStore;
  #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(limits: Partial<JournalLimits> = {}) {
    const { index, clock } = newIndex();
    this.index = index;
    this.clock = clock;
    this.#limits = limits;
    this.store = this.#newStore();
  }

  start(): void {
    this.#running = this.store.run(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** As a new process over the same clusters. */
  async restart(): Promise<void> {
    await this.stop();
    await this.clock.advance(1000);
    this.#abort = new AbortController();
    this.store = this.#newStore();
    this.start();
  }

  /** A cluster that is configured. */
  open(cluster: string): ClusterReplica {
    const known = this.replicas.get(cluster);
    if (known !== undefined) return known;
    const replica = this.index.open(cluster);
    this.replicas.set(cluster, replica);
    this.fleet.set(cluster, clusterStatus(cluster));
    return replica;
  }

  /** Removes a cluster as the engine does: its data, then its status. */
  async drop(cluster: string): Promise<void> {
    const replica = this.replicas.get(cluster);
    this.replicas.delete(cluster);
    for (const key of this.#stores.keys()) if (key.startsWith(`${cluster}/`)) this.#stores.delete(key);
    this.fleet.delete(cluster);
    await replica?.drop();
  }

  resource(cluster: string, resource: Resource, reader = 0): ResourceStore {
    const key = `${cluster}/${resource}/${reader}`;
    const store = this.#stores.get(key) ?? this.open(cluster).resource(resource);
    this.#stores.set(key, store);
    return store;
  }

  forget(cluster: string, resources: readonly Resource[]): void {
    for (const key of this.#stores.keys()) {
      if (!key.startsWith(`${cluster}/`)) continue;
      if (!resources.some((resource) => key.startsWith(`${cluster}/${resource}/`))) this.#stores.delete(key);
    }
  }

  put(cluster: string, ...entries: readonly Entry[]): void {
    for (const entry of entries) this.resource(cluster, RESOURCE_OF[entry.kind]).apply(put(entry));
  }

  remove(cluster: string, resource: Resource, key: EntryKey): void {
    this.resource(cluster, resource).apply([{ op: 'delete', key }]);
  }

  /** Lets the window of changes end, and everybody write. */
  async settle(): Promise<void> {
    await this.clock.advance(2);
    await turn();
    await turn();
  }

  async bodyOf(request: Partial<ListRequest>): Promise<Buffer | FeedFailure> {
    const answer = await this.store.list({ ...LIST, ...request }, new AbortController().signal);
    if (answer.state === 'failed') return answer;
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.pieces) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async list(request: Partial<ListRequest> = {}): Promise<ShownList> {
    const body = await this.bodyOf(request);
    if (!Buffer.isBuffer(body)) assert.fail(`${body.code} ${body.message}`);
    return JSON.parse(body.toString()) as ShownList;
  }

  async failedList(request: Partial<ListRequest>): Promise<FeedFailure> {
    const body = await this.bodyOf(request);
    assert.ok(!Buffer.isBuffer(body), 'it fails');
    return body;
  }

  async get(request: Partial<GetRequest> & { readonly name: string }): Promise<Shown | FeedFailure> {
    const answer = await this.store.get({ ...LIST, ...request });
    return answer.state === 'failed' ? answer : (JSON.parse(Buffer.from(answer.body).toString()) as Shown);
  }

  async watch(request: Partial<WatchRequest> = {}): Promise<Recorder> {
    const recorder = new Recorder();
    const watch = await this.store.watch({ ...WATCH, ...request }, recorder);
    if (watch.state === 'failed') assert.fail(`${watch.code} ${watch.message}`);
    recorder.watch = watch;
    return recorder;
  }

  #newStore(): JournalStore {
    return new JournalStore({
      lister: this.index,
      fleet: { clusters: () => [...this.fleet.values()] },
      clock: this.clock,
      random: seededRandom(this.#seed++),
      report: (event) => this.events.push(event),
      limits: this.#limits,
    });
  }
}

const RESOURCE_OF: Readonly<Record<Entry['kind'], Resource>> = {
  WorkloadEndpoint: 'workloadendpoints',
  HostEndpoint: 'hostendpoints',
  Profile: 'profiles',
  IPPool: 'ippools',
  ClusterInformation: 'clusterinformations',
  Service: 'services',
  EndpointSlice: 'endpointslices',
};
