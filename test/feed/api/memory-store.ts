import type { FeedObject } from '../../../src/feed/feed-object.ts';
import { FEED_PLURALS } from '../../../src/feed/feed-resource.ts';
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
} from '../../../src/feed/feed-store.ts';
import { feedEncoder } from '../../../src/feed/objects/encoder-for.ts';
import type { FeedEncoder, FeedEventType } from '../../../src/feed/objects/feed-encoder.ts';
import { FEED_RESOURCES } from '../../../src/feed/objects/feed-resources.ts';
import {
  isSelected,
  type ObjectSelector,
  parseObjectSelector,
} from '../../../src/feed/objects/object-selector.ts';
import { SelectorError } from '../../../src/feed/objects/selector-error.ts';
import { shownName } from '../../../src/feed/objects/shown-identity.ts';

const VERSION = '1000123';

/** A watch that the store serves. */
interface OpenWatch {
  readonly request: WatchRequest;
  readonly selector: ObjectSelector;
  readonly sink: WatchSink;
  readonly encoder: FeedEncoder;
}

/**
 * A store that holds a few objects and does what a test says: so the server meets failures, endless lists and events at will.
 * It keeps no history and knows nothing of revisions.
 */
export class MemoryStore implements FeedStore {
  readonly resourceVersion = VERSION;
  readonly objects: FeedObject[];
  readonly clusters: Set<string>;
  readonly watches = new Set<OpenWatch>();
  /** Requests as they came. */
  readonly asked: (GetRequest | ListRequest | WatchRequest)[] = [];
  /** Answers the next requests. */
  failure: FeedFailure | undefined;
  /** Thrown at the next requests. */
  fault: Error | undefined;
  /** Never answers while it is set. */
  hangs = false;
  /** What lists are made of instead of objects. */
  endless: (() => AsyncGenerator<Uint8Array, void, void>) | undefined;
  /** Lists that are neither read to their end nor given up. */
  openLists = 0;
  resumed = 0;

  constructor(objects: readonly FeedObject[], clusters: readonly string[] = ['east', 'west']) {
    this.objects = [...objects];
    this.clusters = new Set(clusters);
  }

  hasCluster(name: string): boolean {
    return this.clusters.has(name);
  }

  async get(request: GetRequest): Promise<FeedBody | FeedFailure> {
    const refused = await this.#refused(request);
    if (refused) return refused;
    const found = this.#objectsOf(request).find((object) => shownName(object, request.view) === request.name);
    if (found) return { state: 'ok', body: encoderOf(request).object(found) };
    const { group, plural } = FEED_RESOURCES[request.resource];
    const qualified = group === '' ? plural : `${plural}.${group}`;
    return {
      state: 'failed',
      code: 404,
      reason: 'NotFound',
      message: `${qualified} "${request.name}" not found`,
      details: { name: request.name, ...(group !== '' && { group }), kind: plural },
    };
  }

  async list(request: ListRequest, signal: AbortSignal): Promise<FeedList | FeedFailure> {
    const refused = (await this.#refused(request)) ?? selectorOf(request);
    if ('state' in refused) return refused;
    const encoder = encoderOf(request);
    const found = this.#objectsOf(request).filter((object) => isSelected(object, request.view, refused));
    const items = encoder.items(found, true);
    const { head, tail } = encoder.listEnds({ resourceVersion: VERSION, continue: '' }, items.length);
    const pieces = this.endless?.() ?? piecesOf([head, items, tail]);
    return { state: 'ok', pieces: this.#counted(pieces, signal) };
  }

  async watch(request: WatchRequest, sink: WatchSink): Promise<Watch | FeedFailure> {
    const refused = (await this.#refused(request)) ?? selectorOf(request);
    if ('state' in refused) return refused;
    const open = { request, selector: refused, sink, encoder: encoderOf(request) };
    this.watches.add(open);
    return {
      state: 'ok',
      resume: () => {
        this.resumed++;
      },
      close: () => this.watches.delete(open),
    };
  }

  stats(): FeedStats {
    const watches = Object.fromEntries(FEED_PLURALS.map((plural) => [plural, 0])) as FeedStats['watches'];
    return {
      watches,
      ringEvents: 0,
      ringBytes: 0,
      snapshots: 0,
      dormant: false,
      changesTotal: 0,
      eventsTotal: 0,
      encodedBytesTotal: 0,
      watchesEndedTotal: { timeout: 0, removed: 0, expired: 0, slow: 0, stopped: 0, failed: 0 },
      snapshotsDroppedTotal: 0,
    };
  }

  /** Tells every watch that can see it. */
  tell(type: FeedEventType, object: FeedObject): void {
    for (const { request, selector, sink, encoder } of this.watches) {
      if (!isIn(object, request) || !isSelected(object, request.view, selector)) continue;
      sink.write(encoder.event(type, object));
    }
  }

  async #refused(request: GetRequest | ListRequest | WatchRequest): Promise<FeedFailure | undefined> {
    this.asked.push(request);
    if (this.hangs) await new Promise(() => undefined);
    if (this.fault) throw this.fault;
    return this.failure;
  }

  #objectsOf(target: FeedTarget): FeedObject[] {
    return this.objects.filter((object) => isIn(object, target));
  }

  async *#counted(
    pieces: AsyncGenerator<Uint8Array, void, void>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    this.openLists++;
    try {
      for await (const piece of pieces) {
        signal.throwIfAborted();
        yield piece;
      }
    } finally {
      this.openLists--;
    }
  }
}

async function* piecesOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
  yield* pieces;
}

function isIn(object: FeedObject, { resource, namespace, view }: FeedTarget): boolean {
  return (
    object.resource === resource &&
    (namespace === undefined || object.namespace === namespace) &&
    (view.view === 'merged' || object.cluster === view.cluster)
  );
}

function encoderOf({ resource, view, encoding }: FeedTarget): FeedEncoder {
  return feedEncoder({ resource, view, encoding, version: () => VERSION, now: () => 1_800_000_000_000 });
}

function selectorOf(request: ListRequest | WatchRequest): ObjectSelector | FeedFailure {
  try {
    return parseObjectSelector(
      request.labelSelector,
      request.fieldSelector,
      FEED_RESOURCES[request.resource],
    );
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    return { state: 'failed', code: 400, reason: 'BadRequest', message: error.message };
  }
}
