import type { KubernetesContext } from './kubernetes-context.ts';
import { bookmarkObject, contentType, errorEvent, eventPieces } from './kubernetes-frames.ts';
import type { EventType } from './kubernetes-frames.ts';
import type { ApiRequest } from './kubernetes-request.ts';
import { expired, failure } from './kubernetes-status.ts';
import type { ApiFailure } from './kubernetes-status.ts';
import type { Response } from './listener.ts';
import { ByteBatch } from './response-writer.ts';
import type { Change, Table } from './table.ts';
import type { WorldItem } from './world-items.ts';

/** Where a watch starts. */
interface WatchStart {
  readonly sequence: number;
  /** Items sent as ADDED first. */
  readonly initial: readonly WorldItem[];
  /** Whether a bookmark marks their end (WatchList). */
  readonly marksEnd: boolean;
}

/** Starts a watch, or says why not. The stream is known to `watches` while it is open. */
export function answerWatch(
  context: KubernetesContext,
  request: ApiRequest,
  response: Response,
  watches: Set<KubernetesWatch>,
): ApiFailure | undefined {
  const start = watchStart(context, request);
  if ('code' in start) {
    if (start.code !== 410 || context.behaviour.goneAs === 'status') return start;
    response.writeHead(200, { 'content-type': contentType(request.format, true) });
    response.end(errorEvent(start, request.format));
    return undefined;
  }
  const watch = new KubernetesWatch(context, request, response);
  watches.add(watch);
  response.once('close', () => {
    watch.close();
    watches.delete(watch);
  });
  watch.open(start);
  return undefined;
}

function watchStart(context: KubernetesContext, { query, resource }: ApiRequest): WatchStart | ApiFailure {
  const table = context.table(resource);
  const given = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(given)) return failure(400, 'BadRequest', `Invalid value: "${given}"`);
  const initialEvents = query.get('sendInitialEvents');
  if (initialEvents !== null) {
    const problem = watchListProblem(context, query);
    if (problem) return problem;
  }
  const anyRevision = given === '' || given === '0';
  if (initialEvents === 'true' || (initialEvents === null && anyRevision)) {
    return { sequence: table.endSequence, initial: table.all(), marksEnd: initialEvents === 'true' };
  }
  if (anyRevision) return { sequence: table.endSequence, initial: [], marksEnd: false };
  const revision = Number(given);
  const sequence = revision < table.floor ? undefined : table.sequenceFrom(revision + 1);
  if (sequence === undefined) return expired(`too old resource version: ${revision} (${table.floor})`);
  return { sequence, initial: [], marksEnd: false };
}

function watchListProblem(context: KubernetesContext, query: URLSearchParams): ApiFailure | undefined {
  const invalid = (message: string): ApiFailure =>
    failure(
      422,
      'Invalid',
      `ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ${message}`,
    );
  if (!context.behaviour.watchList) {
    return invalid('sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled');
  }
  if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
    return invalid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (query.get('sendInitialEvents') === 'true' && !isTrue(query.get('allowWatchBookmarks'))) {
    return invalid('sendInitialEvents requires allowWatchBookmarks');
  }
  return undefined;
}

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

/** One open watch: follows its table's log at the speed of its reader. */
export class KubernetesWatch {
  readonly #context: KubernetesContext;
  readonly #request: ApiRequest;
  readonly #response: Response;
  readonly #table: Table<WorldItem>;
  #sequence = 0;
  #initial: readonly WorldItem[] = [];
  #nextInitial = 0;
  #marksEnd = false;
  #bookmarkDue = false;
  #blocked = false;
  #closed = false;
  #endDue = false;
  #revisionAtStart = 0;
  readonly #endings: (() => void)[] = [];
  #cancelBookmark: (() => void) | undefined;

  constructor(context: KubernetesContext, request: ApiRequest, response: Response) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#table = context.table(request.resource);
  }

  /** Sends the head and follows the log until `close`. */
  open(start: WatchStart): void {
    this.#sequence = start.sequence;
    this.#initial = start.initial;
    this.#marksEnd = start.marksEnd;
    this.#revisionAtStart = this.#context.world.store.revision;
    this.#response.writeHead(200, { 'content-type': contentType(this.#request.format, true) });
    this.#response.flushHeaders?.();
    this.#response.on('drain', () => {
      this.#blocked = false;
      this.pump();
    });
    this.#endings.push(this.#table.subscribe(() => this.pump()));
    const seconds = Number(this.#request.query.get('timeoutSeconds') ?? 0);
    const timeout = seconds > 0 ? seconds * 1000 : this.#context.behaviour.watchTimeoutMs;
    this.#endings.push(this.#context.clock.after(timeout, () => this.end()));
    if (isTrue(this.#request.query.get('allowWatchBookmarks'))) this.#armBookmark();
    this.pump();
  }

  /** Forgets everything; the response is not touched. May be called twice. */
  close(): void {
    this.#closed = true;
    for (const end of this.#endings.splice(0)) end();
    this.#cancelBookmark?.();
  }

  /** Sends what there is, unless the reader is slow or the server is frozen. */
  pump(): void {
    if (this.#endDue) this.end();
    while (!this.#closed && !this.#blocked && !this.#context.frozen()) {
      const batch = new ByteBatch();
      this.#fill(batch);
      if (batch.empty) return;
      this.#blocked = !this.#response.write(batch.take());
    }
  }

  #fill(batch: ByteBatch): void {
    while (this.#nextInitial < this.#initial.length && !batch.full) {
      this.#addItem(batch, 'ADDED', this.#initial[this.#nextInitial++] as WorldItem);
    }
    if (this.#nextInitial < this.#initial.length) return;
    this.#initial = [];
    this.#nextInitial = 0;
    if (this.#marksEnd) {
      this.#marksEnd = false;
      this.#addBookmark(batch, this.#revisionAtStart, true);
    }
    if (!this.#table.reaches(this.#sequence)) {
      // Fallen behind the history: a real server cuts such a watcher off, too.
      this.end();
      return;
    }
    this.#addChanges(batch);
    if (this.#bookmarkDue && batch.empty) {
      this.#bookmarkDue = false;
      this.#addBookmark(batch, this.#context.world.store.revision, false);
    }
  }

  #addChanges(batch: ByteBatch): void {
    const { resource, format, selects } = this.#request;
    const start = this.#sequence;
    const whole = batch.empty && selects === undefined;
    const kept = whole ? this.#context.keptBatch(resource, format, start) : undefined;
    if (kept) {
      batch.add(kept.bytes);
      this.#sequence = kept.end;
      return;
    }
    while (!batch.full) {
      const change = this.#table.change(this.#sequence);
      if (change === undefined) return;
      this.#sequence++;
      this.#addChange(batch, change);
    }
    if (!whole) return;
    const bytes = batch.take();
    batch.add(bytes);
    this.#context.keepBatch(resource, format, { bytes, start, end: this.#sequence });
  }

  #addChange(batch: ByteBatch, change: Change<WorldItem>): void {
    const { resource, format, selects } = this.#request;
    if (selects && !selects(change.key)) return;
    if (change.item !== undefined) {
      this.#addItem(batch, change.previous === undefined ? 'ADDED' : 'MODIFIED', change.item);
    } else if (change.previous !== undefined) {
      const last = this.#context.encodeDeleted(resource, change.previous, change.revision, format);
      batch.add(...eventPieces('DELETED', resource, last, format));
    }
  }

  #addItem(batch: ByteBatch, type: EventType, item: WorldItem): void {
    const { resource, format, selects } = this.#request;
    if (selects && !selects(item.key)) return;
    batch.add(...eventPieces(type, resource, this.#context.encode(resource, item, format), format));
  }

  #addBookmark(batch: ByteBatch, revision: number, end: boolean): void {
    const { resource, format } = this.#request;
    batch.add(...eventPieces('BOOKMARK', resource, bookmarkObject(revision, end, format), format));
  }

  #armBookmark(): void {
    this.#cancelBookmark = this.#context.clock.after(this.#context.behaviour.bookmarkIntervalMs, () => {
      this.#bookmarkDue = true;
      this.pump();
      if (!this.#closed) this.#armBookmark();
    });
  }

  /** Ends the response in the ordinary way; a frozen server does so later. */
  end(): void {
    this.#endDue = this.#context.frozen();
    if (this.#endDue) return;
    this.close();
    this.#response.end();
  }
}
