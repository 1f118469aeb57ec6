import type { ServerHttp2Stream } from 'node:http2';
import type { EtcdContext } from './etcd-context.ts';
import {
  encodeEvent,
  encodeKeyValue,
  encodeWatchResponse,
  inRange,
  readWatchRequest,
} from './etcd-messages.ts';
import type { Pieces, WatchAnswer, WatchCreate } from './etcd-messages.ts';
import { GrpcMessages, grpcFrame, respondGrpc } from './grpc.ts';
import type { Change } from './table.ts';
import type { EtcdItem } from './world-items.ts';

/** The watch id of answers that belong to no watch, as etcd numbers it. */
const NO_WATCH = -1;
/** Revisions in one answer to a watcher that catches up. */
const MAX_EVENTS = 1000;
const MAX_BYTES = 1 << 20;

interface Watch {
  readonly id: number;
  readonly create: WatchCreate;
  /** The log position that comes next. */
  sequence: number;
  /** Nothing before this revision is sent: a start in the future. */
  readonly start: number;
}

/** One Watch stream with any number of watches on it, each at its own position in the log. */
export class EtcdWatchStream {
  readonly #context: EtcdContext;
  readonly #stream: ServerHttp2Stream;
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;
  #blocked = false;
  #closed = false;
  #progressWanted = false;
  readonly #unauthorized: () => string | undefined;
  readonly #endings: (() => void)[] = [];
  #cancelProgress: (() => void) | undefined;

  /** `unauthorized` says why a new watch must be refused. */
  constructor(context: EtcdContext, stream: ServerHttp2Stream, unauthorized: () => string | undefined) {
    this.#context = context;
    this.#stream = stream;
    this.#unauthorized = unauthorized;
  }

  /** Answers the head and serves until the client or the connection ends. */
  open(): void {
    const messages = new GrpcMessages();
    respondGrpc(this.#stream);
    this.#stream.on('data', (chunk: Buffer) => {
      for (const message of messages.push(chunk)) this.#receive(message);
    });
    this.#stream.on('drain', () => {
      this.#blocked = false;
      this.pump();
    });
    this.#stream.once('end', () => {
      this.close();
      this.#stream.end();
    });
    this.#endings.push(this.#context.table.subscribe(() => this.pump()));
    this.#armProgress();
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** May be called twice. */
  close(): void {
    this.#closed = true;
    this.#watches.clear();
    for (const end of this.#endings.splice(0)) end();
    this.#cancelProgress?.();
  }

  /** Sends what the watches have not seen yet, unless the reader is slow or the server is frozen. */
  pump(): void {
    let more = true;
    while (more && this.#ready()) {
      more = false;
      for (const watch of this.#watches.values()) {
        if (!this.#ready()) return;
        if (this.#advance(watch)) more = true;
      }
    }
    if (this.#progressWanted && this.#ready()) {
      this.#progressWanted = false;
      this.#send({ header: this.#context.header(), watchId: NO_WATCH });
    }
  }

  #ready(): boolean {
    return !this.#closed && !this.#blocked && !this.#context.frozen();
  }

  #receive(message: Buffer): void {
    const request = readWatchRequest(message);
    if (request?.type === 'create') this.#create(request);
    else if (request?.type === 'cancel') this.#cancel(request.watchId);
    else if (request?.type === 'progress') this.#progressWanted = true;
    this.pump();
  }

  #create(create: WatchCreate): void {
    const header = this.#context.header();
    const id = create.watchId === 0 ? this.#freeId() : create.watchId;
    const refusal = this.#unauthorized() ?? (this.#watches.has(id) ? DUPLICATE : undefined);
    if (refusal !== undefined) {
      this.#send({ header, watchId: NO_WATCH, created: true, canceled: true, cancelReason: refusal });
      return;
    }
    const start = create.startRevision > 0 ? create.startRevision : this.#context.revision + 1;
    this.#send({ header, watchId: id, created: true });
    const sequence = this.#context.table.sequenceFrom(start);
    if (sequence === undefined) this.#sendCompacted(id);
    else this.#watches.set(id, { id, create, sequence, start });
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #cancel(id: number): void {
    if (this.#watches.delete(id)) {
      this.#send({ header: this.#context.header(), watchId: id, canceled: true });
    }
  }

  /** A cancellation with the revision and, as in etcd, without a reason. */
  #sendCompacted(id: number): void {
    const { floor } = this.#context.table;
    this.#send({ header: this.#context.header(), watchId: id, canceled: true, compactRevision: floor });
  }

  /** Sends one answer's worth of events; true where there may be more. */
  #advance(watch: Watch): boolean {
    const { table } = this.#context;
    if (!table.reaches(watch.sequence)) {
      this.#watches.delete(watch.id);
      this.#sendCompacted(watch.id);
      return false;
    }
    const events: Pieces[] = [];
    let size = 0;
    let last = 0;
    for (;;) {
      const change = table.change(watch.sequence);
      if (change === undefined) break;
      // A revision is never split: a client resumes after whole ones.
      if (change.revision !== last && (events.length >= MAX_EVENTS || size > MAX_BYTES)) break;
      last = change.revision;
      watch.sequence++;
      const event = this.#event(watch, change);
      if (event === undefined) continue;
      events.push(event);
      size += event.size;
    }
    if (events.length > 0) this.#send({ header: this.#context.header(), watchId: watch.id, events });
    return table.change(watch.sequence) !== undefined;
  }

  #event({ create, start }: Watch, change: Change<EtcdItem>): Pieces | undefined {
    if (change.revision < start || !inRange(change.key, create.key, create.rangeEnd)) return undefined;
    if (change.item === undefined ? create.noDelete : create.noPut) return undefined;
    const previous =
      create.prevKv && change.previous ? this.#context.keyValue(change.previous, false) : undefined;
    if (change.item !== undefined) {
      return encodeEvent('put', this.#context.keyValue(change.item, false), previous);
    }
    const { key, revision } = change;
    const kv = encodeKeyValue({
      key,
      createRevision: 0,
      modRevision: revision,
      version: 0,
      value: Buffer.alloc(0),
    });
    return encodeEvent('delete', kv, previous);
  }

  #armProgress(): void {
    this.#cancelProgress = this.#context.clock.after(this.#context.behaviour.progressIntervalMs, () => {
      this.pump();
      for (const watch of this.#watches.values()) {
        if (watch.create.progressNotify && this.#ready()) {
          this.#send({ header: this.#context.header(), watchId: watch.id });
        }
      }
      if (!this.#closed) this.#armProgress();
    });
  }

  #send(answer: WatchAnswer): void {
    if (this.#closed || this.#stream.destroyed) return;
    if (!this.#stream.write(grpcFrame(encodeWatchResponse(answer)))) this.#blocked = true;
  }
}

const DUPLICATE = 'mvcc: duplicate watch ID provided on the WatchStream';
