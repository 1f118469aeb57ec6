import { DatastoreError } from '../../../contract/datastore-error.ts';
import type { LocalCollection } from '../../../contract/local-api.ts';
import type { JsonObject } from '../../../model/json-field.ts';
import type { ResponseBody } from '../connection/transport.ts';
import { StreamGuard } from '../stream-guard.ts';
import {
  isObject,
  metadataOf,
  protocolError,
  readJson,
  stringOf,
  withoutManagedFields,
} from './local-body.ts';
import { type LocalConnection, getCollection } from './local-connection.ts';

export interface CollectionList {
  readonly objects: readonly JsonObject[];
  /** Where a watch goes on from it. */
  readonly revision: string;
}

const PAGE = 500;
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
/** A page of which nothing arrives for so long is given up. */
const IDLE_MS = 60_000;

/** One complete list as of now. @throws DatastoreError, or the signal's reason */
export async function listCollection(
  collection: LocalCollection,
  connection: LocalConnection,
  signal: AbortSignal,
): Promise<CollectionList> {
  const what = `list ${collection.what}`;
  const objects: JsonObject[] = [];
  let next = '';
  let limit = PAGE;
  for (;;) {
    // No resourceVersion: a quorum read, since this list may delete.
    const params = { ...(limit > 0 && { limit: String(limit) }), ...(next !== '' && { continue: next }) };
    let page: Page;
    try {
      page = await readPage({ collection, params, what }, connection, signal);
    } catch (error) {
      // Between two pages the revision of the list was compacted away: in one piece that cannot happen.
      if (next === '' || !(error instanceof DatastoreError) || error.reaction !== 'relist') throw error;
      objects.length = 0;
      next = '';
      limit = 0;
      continue;
    }
    for (const object of page.objects) objects.push(object);
    next = page.next;
    if (next === '') return { objects, revision: page.revision };
  }
}

interface Page extends CollectionList {
  /** '' = that was the last. */
  readonly next: string;
}

interface PageRequest {
  readonly collection: LocalCollection;
  readonly params: Readonly<Record<string, string>>;
  readonly what: string;
}

async function readPage(
  { collection, params, what }: PageRequest,
  { transport, clock }: LocalConnection,
  signal: AbortSignal,
): Promise<Page> {
  signal.throwIfAborted();
  const guard = new StreamGuard(clock);
  guard.follow(signal);
  guard.idle(
    IDLE_MS,
    () => new DatastoreError('retry', 'Timeout', `${what}: nothing arrived for ${IDLE_MS / 1000} s`),
  );
  try {
    const { body } = await getCollection(transport, collection, { params, what }, guard.signal);
    return pageOf(await readJson(touching(body, guard), what, MAX_PAGE_BYTES), what);
  } catch (error) {
    throw guard.signal.aborted ? guard.signal.reason : error;
  } finally {
    guard.release();
  }
}

async function* touching(body: ResponseBody, guard: StreamGuard): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    guard.touch();
    yield chunk;
  }
}

function pageOf(body: JsonObject, what: string): Page {
  const items = body['items'] ?? [];
  if (!Array.isArray(items)) throw protocolError(`${what}: the answer is not a list`);
  const metadata = metadataOf(body);
  const revision = stringOf(metadata['resourceVersion']);
  if (revision === '') throw protocolError(`${what}: the answer has no resourceVersion`);
  return {
    objects: items.filter(isObject).map(withoutManagedFields),
    revision,
    next: stringOf(metadata['continue']),
  };
}
