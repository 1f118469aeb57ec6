import { DatastoreError } from '../../contract/datastore-error.ts';
import { compacted, replaced } from './etcd-error.ts';
import { GRPC, GrpcError } from './grpc-status.ts';
import type { KeyDecoder, KeySink } from './key-stream.ts';
import type { WatchEvent, WatchResponse } from './proto-watch.ts';
import { formatPoint } from './revision.ts';
import type { Point } from './revision.ts';

const SLICE = 1000;

export interface WatchReaderOptions<T> {
  readonly decoder: KeyDecoder<T>;
  readonly sink: KeySink<T>;
  /** The watch delivers what comes after it. */
  readonly from: Point;
  /** Further behind than this many revisions, a fresh list is cheaper than catching up. */
  readonly maxBehind: number;
}

/**
 * The rules of one etcd watch. What was delivered is known only by the revisions of events: the header of a response says where
 * the *server* is, and its answer to the creation says nothing of what was delivered. Events of one revision may come in
 * fragments: nothing may resume in between.
 *
 * Progress is held back until `release`, since only a look at the server afterwards can tell that no event was lost before the
 * watch began.
 */
export class WatchReader<T> {
  readonly #options: WatchReaderOptions<T>;
  #at: number;
  #told: number;
  #released: 'no' | 'events' | 'notifications' = 'no';
  #inFragments = false;

  constructor(options: WatchReaderOptions<T>) {
    this.#options = options;
    this.#at = options.from.revision;
    this.#told = this.#at;
  }

  /** @throws DatastoreError where the watch is over; GrpcError where the server refused it. */
  push(response: WatchResponse): void {
    const { from, sink, decoder } = this.#options;
    if (response.canceled) throw this.#canceled(response);
    if (response.header.clusterId !== from.clusterId) {
      throw replaced(decoder.range.prefix, 'another etcd cluster answers at the endpoint');
    }
    sink.contact();
    if (response.created) this.#created(response.header.revision);
    else if (response.events.length > 0) this.#events(response);
    else if (this.#released === 'notifications' && !this.#inFragments)
      this.#reached(response.header.revision);
  }

  /**
   * The server still had everything after the start when the watch existed. `notifications` tells whether its progress
   * notifications can be believed.
   */
  release(notifications: boolean): void {
    this.#released = notifications ? 'notifications' : 'events';
    this.#tell();
  }

  #created(revision: number): void {
    const { from, maxBehind, decoder } = this.#options;
    const behind = revision - from.revision;
    if (behind > maxBehind) {
      throw new DatastoreError(
        'relist',
        'Relisting',
        `${decoder.range.prefix}: ${behind} revisions behind; a fresh list is cheaper than catching up`,
      );
    }
  }

  #events({ events, fragment }: WatchResponse): void {
    if (events.length <= SLICE) this.#apply(events);
    else for (let i = 0; i < events.length; i += SLICE) this.#apply(events.slice(i, i + SLICE));
    this.#inFragments = fragment;
    if (!fragment) this.#reached(events.at(-1)?.kv.modRevision ?? 0);
  }

  #apply(events: readonly WatchEvent[]): void {
    const { from, sink, decoder } = this.#options;
    const deltas: T[] = [];
    for (const { op, kv } of events) {
      // A member that lags behind may send older events than asked for (etcd-io/etcd #20221).
      if (kv.modRevision <= from.revision) continue;
      const delta = op === 'put' ? decoder.put(kv) : decoder.delete(kv);
      if (delta !== undefined) deltas.push(delta);
    }
    if (deltas.length > 0) sink.apply(deltas);
  }

  #reached(revision: number): void {
    // Never backwards: an answer that was overtaken says less than is known.
    if (revision <= this.#at) return;
    this.#at = revision;
    this.#tell();
  }

  #tell(): void {
    if (this.#released === 'no' || this.#at === this.#told) return;
    this.#told = this.#at;
    this.#options.sink.progress(formatPoint({ clusterId: this.#options.from.clusterId, revision: this.#at }));
  }

  #canceled({ compactRevision, cancelReason }: WatchResponse): unknown {
    const { prefix } = this.#options.decoder.range;
    if (compactRevision > 0) return compacted(prefix);
    return cancelError(cancelReason);
  }
}

const CODES: Readonly<Record<string, number>> = {
  Unknown: GRPC.unknown,
  InvalidArgument: GRPC.invalidArgument,
  PermissionDenied: GRPC.permissionDenied,
  OutOfRange: GRPC.outOfRange,
  Unavailable: GRPC.unavailable,
  Unauthenticated: GRPC.unauthenticated,
};

/** A cancel reason is the text of a gRPC error: `rpc error: code = X desc = Y`. */
function cancelError(reason: string): GrpcError {
  const match = /^rpc error: code = (\w+) desc = ([\s\S]*)$/.exec(reason);
  const code = CODES[match?.[1] ?? ''] ?? GRPC.unknown;
  return new GrpcError(code, match?.[2] ?? (reason === '' ? 'the server canceled the watch' : reason));
}
