import type { ListOutcome, Revision } from '../../contract/datastore.ts';
import { yieldLoop } from '../../runtime/yield.ts';
import type { EtcdClient } from './etcd-client.ts';
import type { KeyDecoder, KeySink } from './key-stream.ts';
import { PagedRange } from './paged-range.ts';
import type { RangePage, ResponseHeader } from './proto-range.ts';
import { formatPoint, parsePoint } from './revision.ts';
import type { Point } from './revision.ts';

/** A slice of work between two looks at timers and sockets: a few milliseconds. */
const SLICE_KEYS = 500;
const SLICE_BYTES = 1 << 20;

export interface ListRequest<T> {
  readonly sink: KeySink<T>;
  readonly signal: AbortSignal;
  readonly notOlderThan?: Revision | undefined;
}

class OlderThanKnown extends Error {}

/**
 * Lists one resource at one revision.
 *
 * Reads are linearizable, so a member that lags behind cannot answer with an older revision than was seen. Where the answer is older all the
 * same, the cluster was restored from a backup, or an endpoint leads to a forgotten copy of it: every endpoint is asked,
 * and only if all agree the older data is the truth. A changed cluster id says at once that histories differ.
 */
export async function listObjects<T>(
  client: EtcdClient,
  decoder: KeyDecoder<T>,
  { sink, signal, notOlderThan }: ListRequest<T>,
): Promise<ListOutcome> {
  const known = notOlderThan === undefined ? undefined : parsePoint(notOlderThan);
  for (let others = client.endpoints.length; ; others--) {
    try {
      const header = await new PagedRange(client, decoder.range, signal).read({
        onHeader: (header) => {
          if (others > 0 && isOlder(header, known)) throw new OlderThanKnown();
          sink.contact();
        },
        onMoving: () => sink.contact(),
        onPage: (page) => applyPage(page, decoder, { sink, signal }),
      });
      return { revision: formatPoint(header), ...noteOf(header, known) };
    } catch (error) {
      if (!(error instanceof OlderThanKnown)) throw error;
      client.rotate();
    }
  }
}

function isOlder(header: ResponseHeader, known: Point | undefined): boolean {
  return known !== undefined && header.clusterId === known.clusterId && header.revision < known.revision;
}

function noteOf(header: ResponseHeader, known: Point | undefined): { note?: string } {
  if (known !== undefined && header.clusterId !== known.clusterId) {
    return { note: 'The etcd cluster behind the endpoints is another one than before.' };
  }
  return isOlder(header, known)
    ? { note: 'etcd went back in its history: it was restored from a backup.' }
    : {};
}

async function applyPage<T>(
  page: RangePage,
  decoder: KeyDecoder<T>,
  { sink, signal }: { readonly sink: KeySink<T>; readonly signal: AbortSignal },
): Promise<void> {
  let deltas: T[] = [];
  let bytes = 0;
  for (let i = 0; i < page.length; i++) {
    const kv = page.keyValue(i);
    const delta = decoder.put(kv);
    if (delta !== undefined) deltas.push(delta);
    bytes += kv.value.length;
    if (deltas.length < SLICE_KEYS && bytes < SLICE_BYTES) continue;
    sink.apply(deltas);
    deltas = [];
    bytes = 0;
    await yieldLoop();
    signal.throwIfAborted();
  }
  if (deltas.length > 0) sink.apply(deltas);
  sink.contact();
}
