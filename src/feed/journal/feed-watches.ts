import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { FeedFailure, Watch, WatchRequest, WatchSink } from '../feed-store.ts';
import type { FeedEncoder } from '../objects/feed-encoder.ts';
import type { Variant } from './event-batch.ts';
import { tooManyLists, tooOld } from './feed-failure.ts';
import type { FeedHistory } from './feed-history.ts';
import type { FeedJournal } from './feed-journal.ts';
import { narrowingOf } from './feed-lists.ts';
import type { FeedObjects } from './feed-objects.ts';
import type { FeedRevisions } from './feed-revisions.ts';
import { watchStart } from './list-rules.ts';
import type { WatchStart } from './list-rules.ts';
import type { WatchDesk } from './watch-desk.ts';
import type { WatchBeginning, WatchRun } from './watch-run.ts';

/** A watch whose client names no time ends after this, or up to twice as long. */
const DEFAULT_MS = 1_800_000;

export interface FeedWatchesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly revisions: FeedRevisions;
  readonly journal: FeedJournal;
  readonly objects: FeedObjects;
  readonly history: FeedHistory;
  readonly desk: WatchDesk;
}

/** Starts watches. */
export class FeedWatches {
  readonly #options: FeedWatchesOptions;

  constructor(options: FeedWatchesOptions) {
    this.#options = options;
  }

  /** The collection must be awake. */
  watch(request: WatchRequest, encoder: FeedEncoder, sink: WatchSink): Watch | FeedFailure {
    const { clock, random, history, desk } = this.#options;
    const narrowing = narrowingOf(request);
    if ('state' in narrowing) return narrowing;
    let run: WatchRun | undefined;
    const start = this.#begin(request, () => run?.end('slow'));
    if ('state' in start) return start;
    const { resource, timeoutSeconds = 0, allowWatchBookmarks } = request;
    const ms = timeoutSeconds > 0 ? timeoutSeconds * 1000 : DEFAULT_MS * (1 + random());
    const plan = {
      variant: variantOf(request, encoder),
      narrowing,
      ring: history.ring(resource),
      start,
      bookmarks: allowWatchBookmarks,
      deadline: clock.monotonic() + ms,
    };
    run = desk.add(resource, plan, sink);
    return run;
  }

  /** `onSlow` is called when the first events are read so slowly that others have to wait for it. */
  #begin(request: WatchRequest, onSlow: () => void): WatchBeginning | FeedFailure {
    const { revisions, journal, objects, history } = this.#options;
    const { resource, view } = request;
    const start = watchStart(request, revisions, journal.sequence);
    // As the API server: what is wrong with a version is told in the stream.
    if ('state' in start) return start.code === 410 ? { kind: 'failed', failure: start } : start;
    if (!start.initial) return this.#seek(request, start);
    const lease = objects.open(resource, view);
    if (lease === undefined) return tooManyLists();
    const { source, revoked } = lease;
    revoked.addEventListener('abort', onSlow, { once: true });
    const release = (): void => {
      revoked.removeEventListener('abort', onSlow);
      lease.release();
    };
    return { kind: 'initial', cursor: history.ring(resource).end, source, release, isMarked: start.isMarked };
  }

  #seek({ resource, resourceVersion }: WatchRequest, { after }: WatchStart): WatchBeginning {
    const { revisions, journal, history } = this.#options;
    const ring = history.ring(resource);
    journal.border();
    const cursor = after === undefined ? ring.end : ring.seek(after);
    if (cursor !== undefined) return { kind: 'live', cursor };
    return { kind: 'failed', failure: tooOld(resourceVersion, revisions.text(ring.oldest)) };
  }
}

function variantOf({ view, encoding }: WatchRequest, encoder: FeedEncoder): Variant {
  const { wire, form, includeObject } = encoding;
  const shown = view.view === 'merged' ? '' : view.cluster;
  return { key: `${wire}/${form}/${includeObject}/${shown}`, view, encoder };
}
