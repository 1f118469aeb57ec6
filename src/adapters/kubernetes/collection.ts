import type { DatastoreOptions } from '../../contract/adapter.ts';
import type { ListOutcome, Revision, StreamSink } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { KubeClient } from './kube-client.ts';
import type { ObjectDecoder } from './object-decoder.ts';
import { PageList } from './page-list.ts';
import { responseError } from './response-error.ts';
import type { SignsOfLife } from './signs-of-life.ts';
import { StreamGuard } from './stream-guard.ts';
import type { KubeResponse, KubeTransport } from './connection/transport.ts';
import { SilentWatch, WatchStream } from './watch-stream.ts';

/** What all collections of one datastore share. */
export interface ReaderContext {
  readonly transport: KubeTransport;
  readonly client: KubeClient;
  readonly life: SignsOfLife;
  readonly clock: Clock;
  readonly random: Random;
  readonly options: DatastoreOptions;
  readonly tuning: ReaderTuning;
  /** Aborts when the datastore is closed. */
  readonly lifetime: AbortSignal;
}

/** Sizes and times that need no option of their own. */
export interface ReaderTuning {
  readonly pageLimit: number;
  /** A watch that is silent for so long is begun again: bookmarks come every minute. */
  readonly watchIdleMs: number;
  /** Without any sign of life for so long a small request is sent. */
  readonly silenceMs: number;
  /** How often the choice between Calico's API groups is looked at while watching. */
  readonly groupPollMs: number;
  /** An API that is not there is looked for again after this time. */
  readonly absentRetryMs: number;
}

export const standardReaderTuning: ReaderTuning = {
  pageLimit: 2000,
  watchIdleMs: 180_000,
  silenceMs: 30_000,
  groupPollMs: 10_000,
  absentRetryMs: 30_000,
};

const LIST_ACCEPT = 'application/vnd.kubernetes.protobuf,application/json';
const WATCH_ACCEPT = 'application/vnd.kubernetes.protobuf;stream=watch,application/json';
/** From this page size on the list is asked for whole. */
const MAX_PAGE_LIMIT = 50_000;

export interface CollectionList {
  readonly outcome: ListOutcome;
  /** How many objects it had; undefined for a WatchList. */
  readonly items: number | undefined;
}

export interface FirstPage {
  readonly items: number;
  /** Whether there are more pages. */
  readonly more: boolean;
  /** Where the server is now. */
  readonly revision: Revision;
}

/** One collection of the API, such as all pods: how to list and watch it on this server. */
export class Collection {
  readonly what: string;
  readonly #context: ReaderContext;
  readonly #path: string;
  readonly #objects: ObjectDecoder;
  #watchList: 'untried' | 'refused' | 'not-now';
  #pageLimit: number;

  /** `path` is that of the API: `/api/v1/pods`. */
  constructor(context: ReaderContext, path: string, objects: ObjectDecoder) {
    this.what = objects.what;
    this.#context = context;
    this.#path = path;
    this.#objects = objects;
    // In JSON a WatchList costs the server five times what a list does.
    this.#watchList = objects.readsProtobuf ? 'untried' : 'refused';
    this.#pageLimit = context.tuning.pageLimit;
  }

  /** Rejects with DatastoreError; reason `NotFound` where the API is not served. */
  async list(sink: StreamSink, signal: AbortSignal): Promise<CollectionList> {
    if (this.#watchList === 'not-now') this.#watchList = 'untried';
    else if (this.#watchList === 'untried') {
      const outcome = await this.#listByWatch(sink, signal);
      if (outcome !== undefined) return { outcome, items: undefined };
    }
    return this.#listByPages(sink, signal);
  }

  /** Resolves when the server ends the watch; rejects with DatastoreError. */
  async watch(
    sink: StreamSink,
    revision: Revision,
    signal: AbortSignal,
    holdsRemovals?: () => boolean,
  ): Promise<void> {
    const what = `watch ${this.what}`;
    const guard = this.#guard(signal, what);
    const silentAt = await this.#run(guard, sink, async () => {
      const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(revision)}`;
      const response = await this.#get(query, WATCH_ACCEPT, guard);
      if (response.status !== 200) {
        const error = await responseError(response, what);
        // The API went away under the watch: what that means is the list's to find out.
        throw error.reason === 'NotFound' ? new DatastoreError('relist', 'NotFound', error.message) : error;
      }
      // The answer itself is a sign of life: of a quiet resource nothing else may come for a minute.
      sink.contact();
      const stream = this.#stream(response, guard, holdsRemovals);
      return (await this.#follow(stream, guard, sink)) ? stream.revision || revision : undefined;
    });
    if (silentAt !== undefined) await this.#verifyHistory(silentAt, signal);
  }

  /** Looks at one page without delivering it. Rejects as `list` does. */
  async firstPage(limit: number, signal: AbortSignal): Promise<FirstPage> {
    const sink: StreamSink = { apply: () => {}, progress: () => {}, contact: () => {} };
    const pages = new PageList(this.#objects, sink, this.#context.options.maxObjectBytes);
    const guard = this.#guard(signal, `list ${this.what}`);
    await this.#run(guard, sink, () => this.#page(pages, limit, guard));
    return { items: pages.items, more: pages.next !== '', revision: pages.revision };
  }

  /** Undefined where the server does not do WatchList. */
  async #listByWatch(sink: StreamSink, signal: AbortSignal): Promise<ListOutcome | undefined> {
    const what = `list ${this.what}`;
    const guard = this.#guard(signal, what);
    const leave = this.#context.life.enter(sink, (error) => guard.abort(error));
    let stream: WatchStream | undefined;
    let answered = false;
    try {
      const query =
        'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=';
      const response = await this.#get(query, WATCH_ACCEPT, guard);
      if (response.status !== 200) {
        const error = await responseError(response, what);
        if (!isRefusal(response.status)) throw error;
        // A 403 may come from a proxy or an old server that means the parameter; pages will tell.
        if (response.status !== 403) this.#watchList = 'refused';
        return undefined;
      }
      answered = true;
      const opened = this.#stream(response, guard, undefined);
      const revision = await opened.list(sink);
      stream = opened;
      return {
        revision,
        tail: async (tailSink, tailSignal) => {
          guard.follow(tailSignal);
          // A stream that has just brought a list is alive, however quiet it is from now on.
          tailSink.contact();
          const silent = await this.#run(guard, tailSink, () => this.#follow(opened, guard, tailSink));
          if (silent) await this.#verifyHistory(opened.revision, tailSignal);
        },
      };
    } catch (error) {
      const reason = guard.signal.aborted ? guard.signal.reason : error;
      // A server that never says "complete", or not in time, is asked for pages the next time.
      if (answered && reason instanceof DatastoreError && isUnfinished(reason)) this.#watchList = 'not-now';
      throw reason;
    } finally {
      leave();
      if (stream === undefined) guard.release();
    }
  }

  async #listByPages(sink: StreamSink, signal: AbortSignal): Promise<CollectionList> {
    const pages = new PageList(this.#objects, sink, this.#context.options.maxObjectBytes);
    const guard = this.#guard(signal, `list ${this.what}`);
    await this.#run(guard, sink, async () => {
      const limit = this.#pageLimit;
      await this.#page(pages, limit, guard);
      while (pages.next !== '') {
        try {
          await this.#page(pages, limit, guard);
        } catch (error) {
          // The revision of the list was compacted away before its end. Part of it is delivered already, so it cannot
          // be begun again here: what was deleted since would survive. The next attempt takes larger pages.
          if (error instanceof DatastoreError && error.reaction === 'relist') {
            this.#pageLimit = limit * 4 > MAX_PAGE_LIMIT ? 0 : limit * 4;
          }
          throw error;
        }
      }
    });
    return { outcome: { revision: pages.revision }, items: pages.items };
  }

  async #page(pages: PageList, limit: number, guard: StreamGuard): Promise<void> {
    const size = limit === 0 ? '' : `limit=${limit}`;
    const token = pages.next === '' ? '' : `&continue=${encodeURIComponent(pages.next)}`;
    const response = await this.#get(`${size}${token}`, LIST_ACCEPT, guard);
    if (response.status !== 200) throw await responseError(response, `list ${this.what}`);
    await pages.read(response, guard);
  }

  #stream(
    response: KubeResponse,
    guard: StreamGuard,
    holdsRemovals: (() => boolean) | undefined,
  ): WatchStream {
    return new WatchStream(response, guard, {
      what: `watch ${this.what}`,
      objects: this.#objects,
      maxObjectBytes: this.#context.options.maxObjectBytes,
      ...(holdsRemovals === undefined ? {} : { holdsRemovals }),
    });
  }

  /** The watch part of a stream; true where silence ended it and not the server. */
  async #follow(stream: WatchStream, guard: StreamGuard, sink: StreamSink): Promise<boolean> {
    guard.idle(this.#context.tuning.watchIdleMs, () => new SilentWatch());
    try {
      await stream.watch(sink);
      return false;
    } catch (error) {
      if (!(guard.signal.reason instanceof SilentWatch)) throw error;
      return true;
    }
  }

  /**
   * A server whose data was restored from a backup accepts a watch from a revision that it has not reached again, and
   * says nothing until it has: not even a bookmark. So after silence its present revision is compared.
   */
  async #verifyHistory(revision: Revision, signal: AbortSignal): Promise<void> {
    const { revision: now } = await this.firstPage(1, signal);
    if (!isBefore(now, revision)) return;
    const message = `${this.what}: the server is at revision ${now}, before ${revision}: its history was replaced`;
    throw new DatastoreError('relist', 'ClusterReplaced', message);
  }

  #get(query: string, accept: string, guard: StreamGuard): Promise<KubeResponse> {
    const { transport, random } = this.#context;
    const seconds = 300 + Math.floor(random() * 300);
    const timeout = query.startsWith('watch=') ? `&timeoutSeconds=${seconds}` : '';
    const kept = this.#objects.readsProtobuf ? accept : 'application/json';
    return transport.get({ path: `${this.#path}?${query}${timeout}`, accept: kept, signal: guard.signal });
  }

  #guard(signal: AbortSignal, what: string): StreamGuard {
    const { clock, options, lifetime } = this.#context;
    const guard = new StreamGuard(clock);
    guard.follow(signal);
    guard.follow(lifetime);
    const ms = options.requestTimeoutMs;
    guard.idle(ms, () => new DatastoreError('retry', 'Timeout', `${what}: nothing arrived for ${ms} ms`));
    return guard;
  }

  /** Runs work on a guard, with the signs of life going to the sink; afterwards the guard is free. */
  async #run<T>(guard: StreamGuard, sink: StreamSink, work: () => Promise<T>): Promise<T> {
    const leave = this.#context.life.enter(sink, (error) => guard.abort(error));
    try {
      guard.signal.throwIfAborted();
      return await work();
    } catch (error) {
      throw guard.signal.aborted ? guard.signal.reason : error;
    } finally {
      leave();
      guard.release();
    }
  }
}

function isUnfinished({ reason }: DatastoreError): boolean {
  return reason === 'Timeout' || reason === 'Unreachable' || reason === 'ProtocolError';
}

/** Revisions are opaque, but all servers with an etcd behind count upwards: anything else is not judged. */
function isBefore(a: Revision, b: Revision): boolean {
  return /^\d{1,20}$/.test(a) && /^\d{1,20}$/.test(b) && BigInt(a) < BigInt(b);
}

/** How servers without WatchList answer the request for one: 422 mostly; never told by the version. */
function isRefusal(status: number): boolean {
  return status === 400 || status === 403 || status === 422;
}
