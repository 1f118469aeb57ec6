import { DatastoreError } from '../../contract/datastore-error.ts';
import type { KeyRange } from './calico-keys.ts';
import { keyAfter } from './calico-keys.ts';
import type { EtcdClient } from './etcd-client.ts';
import { compacted, outOfRange, replaced, toDatastoreError } from './etcd-error.ts';
import { MessageTooLarge } from './grpc-status.ts';
import { PageBuffers } from './page-buffers.ts';
import { PageSize } from './page-size.ts';
import { ProtoError } from './proto-reader.ts';
import { encodeRange, RangePage } from './proto-range.ts';
import type { ResponseHeader } from './proto-range.ts';

/** A page is far below this; one that is not is asked for again, smaller. */
const MAX_PAGE_BYTES = 64 << 20;

export interface PageReader {
  /** Sees the first answer before any of it is read; what it throws ends the list. */
  onHeader(header: ResponseHeader): void;
  onPage(page: RangePage): Promise<void>;
  /** The peer is alive: called now and then while a page takes long. */
  readonly onMoving: () => void;
}

interface Position {
  readonly key: Buffer;
  /** 0 = the present one: the first page pins it for the others. */
  readonly revision: number;
  readonly onMoving: () => void;
}

/**
 * Reads a whole range at one revision, in pages. While one page is worked on the next is under way, so that server and client
 * work at the same time; more are never held.
 */
export class PagedRange {
  readonly #client: EtcdClient;
  readonly #range: KeyRange;
  readonly #size = new PageSize();
  readonly #buffers = new PageBuffers();
  readonly #signal: AbortSignal;

  constructor(client: EtcdClient, range: KeyRange, signal: AbortSignal) {
    this.#client = client;
    this.#range = range;
    this.#signal = signal;
  }

  async read(reader: PageReader): Promise<ResponseHeader> {
    const { onMoving } = reader;
    let page = await this.#fetch({ key: this.#range.start, revision: 0, onMoving });
    const { header } = page;
    reader.onHeader(header);
    const calm = page.more ? (await this.#client.session(this.#signal)).bulk() : undefined;
    try {
      for (;;) {
        const next = this.#after(page, { revision: header.revision, onMoving });
        await this.#read(page, reader);
        if (next === undefined) return header;
        page = await next;
        if (page.header.clusterId !== header.clusterId) {
          throw replaced(this.#range.prefix, 'another cluster answered in the middle of a list');
        }
      }
    } finally {
      calm?.();
    }
  }

  async #read(page: RangePage, reader: PageReader): Promise<void> {
    try {
      await reader.onPage(page);
      this.#buffers.giveBack(page.bytes);
    } catch (error) {
      throw error instanceof ProtoError ? this.#explain(error) : error;
    }
  }

  /** Starts to read the page that follows. */
  #after(page: RangePage, at: Omit<Position, 'key'>): Promise<RangePage> | undefined {
    if (!page.more || page.length === 0) return undefined;
    const last = page.keyValue(page.length - 1);
    const next = this.#fetch({ ...at, key: keyAfter(last.key) });
    // Work on the present page may fail first; then nobody waits for this one.
    next.catch(() => undefined);
    return next;
  }

  async #fetch({ key, revision, onMoving }: Position): Promise<RangePage> {
    const allocate = (length: number): Buffer => this.#buffers.take(length);
    for (;;) {
      const limit = this.#size.keys;
      const body = encodeRange({ key, rangeEnd: this.#range.end, limit, revision });
      try {
        const bytes = await this.#client.unary(
          { path: '/etcdserverpb.KV/Range', body, maxBytes: MAX_PAGE_BYTES, allocate, onMoving },
          this.#signal,
        );
        const page = new RangePage(bytes);
        this.#size.fits(page.length, bytes.length);
        return page;
      } catch (error) {
        if (error instanceof MessageTooLarge && this.#size.tooLarge()) continue;
        throw this.#explain(error);
      }
    }
  }

  /** A list whose revision is gone cannot go on at another: what it delivered so far may have been deleted since. */
  #explain(error: unknown): unknown {
    const { prefix } = this.#range;
    const gone = outOfRange(error);
    if (gone === 'compacted') return compacted(prefix);
    if (gone === 'future') return replaced(prefix, 'the revision of the list was never reached');
    return error instanceof DatastoreError ? error : toDatastoreError(error, prefix);
  }
}
