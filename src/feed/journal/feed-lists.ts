import type { FeedFailure, FeedList, ListRequest } from '../feed-store.ts';
import type { FeedEncoder } from '../objects/feed-encoder.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';
import { SelectorError } from '../objects/selector-error.ts';
import { formatToken, listFingerprint } from './continue-token.ts';
import { badRequest, continueExpired, tooManyLists } from './feed-failure.ts';
import type { FeedJournal } from './feed-journal.ts';
import { snapshotKey } from './feed-objects.ts';
import type { FeedObjects } from './feed-objects.ts';
import type { FeedRevisions } from './feed-revisions.ts';
import { listBody, releasing } from './list-body.ts';
import { listPage } from './list-page.ts';
import { continueStart, exactExpired, listStart } from './list-rules.ts';
import type { LiveSnapshots, SnapshotLease } from './live-snapshots.ts';
import { Narrowing } from './narrowing.ts';
import { fixedSource } from './object-source.ts';
import type { TurnTaker } from './turn-taker.ts';

export interface FeedListsOptions {
  readonly newTurns: (signal: AbortSignal) => TurnTaker;
  readonly revisions: FeedRevisions;
  readonly journal: FeedJournal;
  readonly objects: FeedObjects;
  readonly snapshots: LiveSnapshots;
}

/** A snapshot and where in it a list begins. */
interface ListBeginning {
  readonly lease: SnapshotLease;
  readonly from: number;
  /** What the list is said to be of. */
  readonly sequence: number;
}

/** Answers lists. */
export class FeedLists {
  readonly #options: FeedListsOptions;

  constructor(options: FeedListsOptions) {
    this.#options = options;
  }

  /** The collection must be awake. */
  async list(
    request: ListRequest,
    encoder: FeedEncoder,
    ofRequest: AbortSignal,
  ): Promise<FeedList | FeedFailure> {
    const narrowing = narrowingOf(request);
    if ('state' in narrowing) return narrowing;
    const beginning = await this.#begin(request, narrowing, ofRequest);
    if ('state' in beginning) return beginning;
    const { lease, from, sequence } = beginning;
    const signal = AbortSignal.any([ofRequest, lease.revoked]);
    signal.addEventListener('abort', lease.release, { once: true });
    const release = (): void => {
      signal.removeEventListener('abort', lease.release);
      lease.release();
    };
    try {
      signal.throwIfAborted();
      const { source } = lease;
      const turns = this.#options.newTurns(signal);
      const page = await listPage({ source, from, limit: request.limit, narrowing }, turns);
      if (page.next !== undefined) lease.keep();
      const meta = {
        resourceVersion: this.#options.revisions.text(sequence),
        continue: page.next === undefined ? '' : this.#token(request, lease, page.next),
        remainingItemCount: narrowing.isAll && page.next !== undefined ? source.size - page.next : undefined,
      };
      return { state: 'ok', pieces: releasing(listBody(page, meta, encoder, turns), release) };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #begin(
    request: ListRequest,
    narrowing: Narrowing,
    signal: AbortSignal,
  ): Promise<ListBeginning | FeedFailure> {
    const { revisions, journal, objects, snapshots } = this.#options;
    if (request.continue !== '') return this.#goOn(request);
    const start = listStart(request, revisions, journal.sequence);
    if (typeof start === 'object' && 'state' in start) return start;
    const { resource, view } = request;
    if (start === 'now') {
      const lease = (await this.#single(request, narrowing, signal)) ?? objects.open(resource, view);
      return lease === undefined ? tooManyLists() : fromStart(lease, lease.source.sequence);
    }
    const isNow = start.exact === journal.sequence;
    const lease = isNow
      ? objects.open(resource, view)
      : snapshots.at(snapshotKey(resource, view), start.exact);
    if (lease !== undefined) return fromStart(lease, start.exact);
    return isNow ? tooManyLists() : exactExpired();
  }

  #goOn(request: ListRequest): ListBeginning | FeedFailure {
    const { revisions, snapshots } = this.#options;
    const token = continueStart(request);
    if ('state' in token) return token;
    if (token.process !== revisions.process) return continueExpired();
    if (token.list !== listFingerprint(request)) {
      return badRequest(
        'invalid continue token: continue key is not valid: it belongs to a list of other objects',
      );
    }
    const lease = snapshots.named(token.snapshot, snapshotKey(request.resource, request.view));
    if (lease === undefined) return continueExpired();
    return { lease, from: token.position, sequence: lease.source.sequence };
  }

  /** The list of one object that is named, without looking at the others. */
  async #single(
    request: ListRequest,
    narrowing: Narrowing,
    signal: AbortSignal,
  ): Promise<SnapshotLease | undefined> {
    const { resource, view } = request;
    const namespace = FEED_RESOURCES[resource].namespaced ? narrowing.namespace : '';
    if (narrowing.name === undefined || namespace === undefined) return undefined;
    const { journal, objects } = this.#options;
    const place = { resource, view, namespace, name: narrowing.name };
    const origin = await objects.find(place, signal);
    const sequence = journal.border();
    const object = objects.read(place, origin);
    const isShown = object !== undefined && narrowing.shows(object);
    const source = fixedSource(isShown ? [object] : [], sequence);
    const { signal: revoked } = new AbortController();
    return { id: '', source, revoked, keep: () => undefined, release: () => undefined };
  }

  #token(request: ListRequest, lease: SnapshotLease, position: number): string {
    const { process } = this.#options.revisions;
    return formatToken({ process, snapshot: lease.id, position, list: listFingerprint(request) });
  }
}

function fromStart(lease: SnapshotLease, sequence: number): ListBeginning {
  return { lease, from: 0, sequence };
}

/** What a request narrows to, or why that cannot be understood. */
export function narrowingOf(request: ConstructorParameters<typeof Narrowing>[0]): Narrowing | FeedFailure {
  try {
    return new Narrowing(request);
  } catch (error) {
    if (error instanceof SelectorError) return badRequest(error.message);
    throw error;
  }
}
