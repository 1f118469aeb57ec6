import type { ListOutcome, StreamSink } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { Batch } from './batch.ts';
import { encodingOf } from './kube-client.ts';
import type { Change, ObjectDecoder } from './object-decoder.ts';
import type { ObjectRef } from './wire/object-ref.ts';
import type { StreamGuard } from './stream-guard.ts';
import type { ChunkTaker, KubeResponse, ResponseBody } from './connection/transport.ts';
import { type Bookmark, type Decode, type WatchEvents, watchDecoder } from './watch-events.ts';
import { type BodyDecoder, WireError } from './wire/wire.ts';

export interface WatchStreamOptions {
  /** For people: `watch pods`. */
  readonly what: string;
  readonly objects: ObjectDecoder;
  readonly maxObjectBytes: number;
  /** While true, removals are not believed and dropped; called at each. */
  readonly holdsRemovals?: () => boolean;
}

/** A silent watch is begun again: a half-open connection looks just like that. Not a failure. */
export class SilentWatch extends Error {
  override readonly name = 'SilentWatch';
}

/**
 * The body of one watch request, from the first byte to the last. As a WatchList it is a list first, up to the bookmark
 * that ends the initial events, and a watch after that.
 */
export class WatchStream implements WatchEvents {
  readonly #options: WatchStreamOptions;
  readonly #guard: StreamGuard;
  readonly #body: ResponseBody;
  readonly #decoder: BodyDecoder;
  readonly #batch = new Batch();
  /** Where complete batches go; undefined between list and watch. */
  #sink: StreamSink | undefined;
  #listing = false;
  /** After the last event. */
  #revision = '';
  /** At the end of the list; events of the watch may be known beyond it. */
  #listRevision = '';

  /** Throws DatastoreError where the body is in no encoding that is known. */
  constructor(response: KubeResponse, guard: StreamGuard, options: WatchStreamOptions) {
    this.#options = options;
    this.#guard = guard;
    this.#body = response.body;
    const encoding = encodingOf(response, options.what);
    this.#decoder = watchDecoder(encoding, options.objects, this, options.maxObjectBytes);
  }

  /** After the last event; '' = none so far. */
  get revision(): string {
    return this.#revision;
  }

  /** Reads the initial events. Resolves with the revision they are complete at. */
  async list(sink: StreamSink): Promise<ListOutcome['revision']> {
    this.#listing = true;
    this.#sink = sink;
    const taker = this.#taker(
      () => this.#listing,
      () => {
        if (this.#listing) this.#batch.flush(sink);
        sink.contact();
      },
    );
    if (!(await this.#read(taker)) && this.#listing) {
      throw this.#error('Unreachable', 'the stream ended before the list was complete');
    }
    return this.#listRevision;
  }

  /** Reads events until the server ends the stream. */
  async watch(sink: StreamSink): Promise<void> {
    this.#sink = sink;
    let reported = this.#listRevision;
    const deliver = (): void => {
      this.#batch.flush(sink);
      if (this.#revision === reported || this.#revision === '') return;
      reported = this.#revision;
      sink.progress(reported);
    };
    deliver();
    const turn = (): void => {
      sink.contact();
      deliver();
    };
    await this.#read(this.#taker(() => true, turn));
  }

  change<O>(change: Change, object: O, decode: Decode<O>): void {
    if (change === 'remove' && this.#options.holdsRemovals?.() === true) return;
    const revision = decode(change, object, this.#batch.deltas);
    // Initial events carry the revisions of the objects, in no order.
    if (!this.#listing && revision !== '') this.#revision = revision;
    if (this.#batch.full && this.#sink !== undefined) this.#batch.flush(this.#sink);
  }

  bookmark({ resourceVersion, initialEventsEnd }: Bookmark): void {
    if (!this.#listing) {
      if (resourceVersion !== '') this.#revision = resourceVersion;
      return;
    }
    if (!initialEventsEnd) return;
    if (resourceVersion === '') throw new WireError('the end of the list has no revision');
    if (this.#sink !== undefined) this.#batch.flush(this.#sink);
    this.#revision = resourceVersion;
    this.#listRevision = resourceVersion;
    this.#listing = false;
    // What the same chunk holds beyond is part of the watch: it waits for the watch's sink.
    this.#sink = undefined;
  }

  failed(error: DatastoreError): void {
    throw error;
  }

  unreadable(type: string, ref: ObjectRef, reason: string): void {
    if (type === 'BOOKMARK') return;
    if (type === 'ERROR') throw new WireError('unreadable error event');
    const change = type === 'ADDED' || type === 'MODIFIED' ? 'put' : 'remove';
    this.change(change, type === '' ? { ...ref, name: '' } : ref, (_change, known, out) => {
      this.#options.objects.unreadable(change, known, reason, out);
      return known.resourceVersion;
    });
  }

  #taker(goesOn: () => boolean, turn: () => void): ChunkTaker {
    return {
      take: (chunk) => {
        this.#guard.signal.throwIfAborted();
        this.#decoder.push(chunk);
        return goesOn();
      },
      turn: () => {
        this.#guard.touch();
        turn();
      },
    };
  }

  /** False where the body is over. */
  async #read(taker: ChunkTaker): Promise<boolean> {
    try {
      const isOpen = await this.#body.read(taker);
      this.#guard.signal.throwIfAborted();
      if (!isOpen) this.#decoder.end();
      return isOpen;
    } catch (error) {
      if (error instanceof WireError) throw this.#error('ProtocolError', error.message);
      throw error;
    }
  }

  #error(reason: 'Unreachable' | 'ProtocolError', problem: string): DatastoreError {
    return new DatastoreError('retry', reason, `${this.#options.what}: ${problem}`);
  }
}
