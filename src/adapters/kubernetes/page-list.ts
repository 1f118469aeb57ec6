import type { StreamSink } from '../../contract/datastore.ts';
import { DatastoreError } from '../../contract/datastore-error.ts';
import { Batch } from './batch.ts';
import { encodingOf } from './kube-client.ts';
import type { ObjectDecoder } from './object-decoder.ts';
import type { ObjectRef } from './wire/object-ref.ts';
import type { ListMeta } from './wire/proto-envelope.ts';
import type { StreamGuard } from './stream-guard.ts';
import type { KubeResponse } from './connection/transport.ts';
import { type Decode, type ListEvents, listDecoder } from './watch-events.ts';
import { WireError } from './wire/wire.ts';

/** Reads the pages of one list as they arrive. */
export class PageList implements ListEvents {
  /** Items so far, over all pages; objects of excluded namespaces too. */
  items = 0;
  /** Of the first page, which all others share. */
  revision = '';
  /** '' = that was the last page. */
  next = '';
  readonly #what: string;
  readonly #objects: ObjectDecoder;
  readonly #sink: StreamSink;
  readonly #maxObjectBytes: number;
  readonly #batch = new Batch();

  constructor(objects: ObjectDecoder, sink: StreamSink, maxObjectBytes: number) {
    this.#what = `list ${objects.what}`;
    this.#objects = objects;
    this.#sink = sink;
    this.#maxObjectBytes = maxObjectBytes;
  }

  /** Reads one page to its end. Rejects with DatastoreError where it is not whole. */
  async read(response: KubeResponse, guard: StreamGuard): Promise<void> {
    const encoding = encodingOf(response, this.#what);
    const decoder = listDecoder(encoding, this.#objects, this, this.#maxObjectBytes);
    const before = { items: this.items, next: this.next };
    this.next = '';
    try {
      await response.body.read({
        take: (chunk) => {
          decoder.push(chunk);
          return true;
        },
        turn: () => {
          guard.touch();
          this.#batch.flush(this.#sink);
          this.#sink.contact();
        },
      });
      guard.signal.throwIfAborted();
      decoder.end();
      if (this.revision === '') throw new WireError('the list has no revision');
      if (this.next !== '' && this.next === before.next && this.items === before.items) {
        throw new WireError('the pages do not end');
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      throw new DatastoreError('retry', 'ProtocolError', `${this.#what}: ${error.message}`);
    }
  }

  item<O>(object: O, decode: Decode<O>): void {
    this.items++;
    decode('put', object, this.#batch.deltas);
    if (this.#batch.full) this.#batch.flush(this.#sink);
  }

  unreadable(ref: ObjectRef, reason: string): void {
    this.items++;
    this.#objects.unreadable('put', ref, reason, this.#batch.deltas);
  }

  meta(meta: ListMeta): void {
    if (this.revision === '') this.revision = meta.resourceVersion;
    this.next = meta.continue;
  }
}
