import type { Revision } from '../../contract/datastore.ts';
import type { Clock } from '../../runtime/clock.ts';
import { exactly } from './calico-keys.ts';
import type { EtcdClient } from './etcd-client.ts';
import {
  compacted,
  isTokenRefused,
  isUnavailable,
  outOfRange,
  replaced,
  toDatastoreError,
} from './etcd-error.ts';
import type { GrpcCall } from './grpc-call.ts';
import type { GrpcSession } from './grpc-session.ts';
import { GRPC, GrpcError } from './grpc-status.ts';
import type { KeyDecoder, KeySink } from './key-stream.ts';
import { decodeRange, encodeRange } from './proto-range.ts';
import { decodeWatch, encodeWatchCreate, encodeWatchProgress } from './proto-watch.ts';
import { parsePoint } from './revision.ts';
import type { Point } from './revision.ts';
import type { ServerVersions } from './server-versions.ts';
import { WatchReader } from './watch-reader.ts';

/** How often the server is asked where it is: a sign of life, and what keeps an idle watch's revision young. */
const PROGRESS_EVERY_MS = 20_000;
/** Fragments are about the server's request limit (1.5 MiB by default); some raise that. */
const MAX_MESSAGE_BYTES = 64 << 20;

export interface WatchContext<T> {
  readonly client: EtcdClient;
  readonly versions: ServerVersions;
  readonly decoder: KeyDecoder<T>;
  readonly clock: Clock;
  readonly maxBehind: number;
}

export interface WatchRequest<T> {
  readonly sink: KeySink<T>;
  readonly signal: AbortSignal;
  readonly revision: Revision;
}

/**
 * Watches one resource on a gRPC stream of its own: streams of one connection are cheap, cancel alone and need no table of
 * watch ids. Resolves when the server ends the stream in the ordinary way.
 */
export async function watchObjects<T>(context: WatchContext<T>, request: WatchRequest<T>): Promise<void> {
  const from = parsePoint(request.revision);
  for (let renewed = false; ; renewed = true) {
    const opened = await open(context, request, from);
    try {
      await run(context, request, { ...opened, from });
      return;
    } catch (error) {
      request.signal.throwIfAborted();
      if (!renewed && maySolveByToken(error) && (await context.client.renewToken(opened.token))) continue;
      if (isUnavailable(error)) context.client.retire(opened.session, error);
      throw toDatastoreError(error, opened.session.endpoint.url);
    }
  }
}

interface Opened<T> {
  readonly call: GrpcCall;
  readonly session: GrpcSession;
  readonly token: string;
  readonly reader: WatchReader<T>;
  /** Resolves when the server has created the watch. */
  readonly created: Promise<void>;
}

async function open<T>(context: WatchContext<T>, request: WatchRequest<T>, from: Point): Promise<Opened<T>> {
  const { decoder, maxBehind, client } = context;
  const reader = new WatchReader({ decoder, sink: request.sink, from, maxBehind });
  const created = Promise.withResolvers<void>();
  const opened = await client.open(request.signal, (session, metadata) =>
    session.call({
      path: '/etcdserverpb.Watch/Watch',
      metadata,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onMessage: (bytes) => {
        const response = decodeWatch(bytes);
        reader.push(response);
        if (response.created) created.resolve();
      },
    }),
  );
  const { start, end } = decoder.range;
  opened.call.send(encodeWatchCreate({ key: start, rangeEnd: end, startRevision: from.revision + 1 }));
  return { ...opened, reader, created: created.promise };
}

async function run<T>(
  { client, versions, decoder, clock }: WatchContext<T>,
  { signal }: WatchRequest<T>,
  { call, session, reader, created, from }: Opened<T> & { readonly from: Point },
): Promise<void> {
  let cancelTimer = (): void => undefined;
  const askProgress = (): void => {
    cancelTimer = clock.after(PROGRESS_EVERY_MS, () => {
      call.send(encodeWatchProgress());
      askProgress();
    });
  };
  const abort = (): void => call.fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const ended = new AbortController();
  const verify = async (): Promise<void> => {
    await created;
    await verifyStart(client, { decoder, from, signal: ended.signal });
    reader.release(await versions.haveSafeProgress(session));
  };
  try {
    if (signal.aborted) abort();
    askProgress();
    verify().catch((error: unknown) => call.fail(error));
    await call.done;
  } finally {
    ended.abort();
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Looks, after the watch exists, whether the server still knows the revision that it started from. If not, a compaction came first: some
 * etcd versions then lose deletes without a word (etcd-io/etcd #18089), even where the start is the compacted revision itself.
 * And a revision that lies in the server's future was issued by a history that is gone: the watch would wait in vain.
 */
async function verifyStart(
  client: EtcdClient,
  {
    decoder,
    from,
    signal,
  }: {
    readonly decoder: Pick<KeyDecoder<unknown>, 'range'>;
    readonly from: Point;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { prefix } = decoder.range;
  const body = encodeRange({ ...exactly(prefix), revision: from.revision });
  try {
    const { header } = decodeRange(await client.unary({ path: '/etcdserverpb.KV/Range', body }, signal));
    if (header.clusterId !== from.clusterId)
      throw replaced(prefix, 'another etcd cluster answers at the endpoint');
  } catch (error) {
    const gone = outOfRange(error);
    if (gone === 'compacted') throw compacted(prefix);
    if (gone === 'future')
      throw replaced(prefix, 'etcd is behind what was read of it before: it was restored');
    throw error;
  }
}

/** Older versions say "permission denied" to a watch for a token that they do not know: one new token is worth a try. */
function maySolveByToken(error: unknown): boolean {
  return isTokenRefused(error) || (error instanceof GrpcError && error.code === GRPC.permissionDenied);
}
