import { abortable } from '../../runtime/abortable.ts';
import type { FeedUser } from '../access/feed-user.ts';
import type { FeedEncoding, FeedStore, FeedTarget } from '../feed-store.ts';
import type { Admission } from './admission.ts';
import { type Beginning, compressed, continued, indented, readBeginning, sendBody } from './answer-body.ts';
import type { ObjectsRoute } from './api-route.ts';
import { notAcceptable, statusOf } from './api-status.ts';
import { type Exchange, jsonBody } from './exchange.ts';
import { includeObject, isWatch, type ListOptions, listOptions } from './list-options.ts';
import { acceptedTypes, JSON_TYPE, negotiateObjects, PROTOBUF_TYPE } from './negotiation.ts';
import { WatchResponse } from './watch-response.ts';

export interface ObjectsQuestion {
  readonly user: FeedUser;
  readonly query: URLSearchParams;
}

/** Objects from the store: one, a list, or a watch. */
export class ObjectsAnswer {
  readonly #store: FeedStore;
  readonly #admission: Admission;
  readonly #watches = new Set<WatchResponse>();
  #isClosing = false;

  constructor(store: FeedStore, admission: Admission) {
    this.#store = store;
    this.#admission = admission;
  }

  /** Resolves with whether the answer goes on as a watch. @throws ParameterError, or the signal's reason */
  async answer(exchange: Exchange, route: ObjectsRoute, { user, query }: ObjectsQuestion): Promise<boolean> {
    const { resource, view, namespace, name } = route;
    const verb = name !== undefined ? 'get' : isWatch(query) ? 'watch' : 'list';
    const form = negotiateObjects(exchange.request.accept, resource, verb);
    if (form === undefined) {
      exchange.fail(notAcceptable(acceptedTypes(resource)));
      return false;
    }
    const encoding: FeedEncoding = {
      ...form,
      includeObject: form.form === 'table' ? includeObject(query) : 'Metadata',
    };
    const target = { resource: resource.plural, view, namespace, encoding };
    if (name !== undefined) {
      await this.#get(exchange, target, { name, query });
      return false;
    }
    const options = listOptions(query);
    if (options.watch) return this.#watch(exchange, target, { options, user: user.name });
    await this.#list(exchange, target, options);
    return false;
  }

  /** The server closes: watches end, and those that begin from now on, too. */
  endWatches(): void {
    this.#isClosing = true;
    for (const watch of this.#watches) watch.stop();
  }

  async #get(
    exchange: Exchange,
    target: FeedTarget,
    { name, query }: { readonly name: string; readonly query: URLSearchParams },
  ): Promise<void> {
    const resourceVersion = query.get('resourceVersion') ?? '';
    const found = await abortable(this.#store.get({ ...target, name, resourceVersion }), exchange.signal);
    if (found.state === 'failed') {
      exchange.fail(statusOf(found));
      return;
    }
    const body = isIndented(target.encoding, exchange.pretty !== 'no')
      ? jsonBody(JSON.parse(Buffer.from(found.body).toString()) as unknown, true)
      : found.body;
    exchange.reply(200, { 'content-type': contentType(target.encoding) }, body);
  }

  async #list(exchange: Exchange, target: FeedTarget, options: ListOptions): Promise<void> {
    const { request, signal } = exchange;
    const found = await this.#store.list({ ...target, ...options }, signal);
    if (found.state === 'failed') {
      exchange.fail(statusOf(found));
      return;
    }
    // For a person in a browser a list may be too long to be worth it.
    const isPretty = isIndented(target.encoding, exchange.pretty === 'asked');
    const pieces = isPretty ? indented(found.pieces) : found.pieces;
    try {
      const beginning = await readBeginning(pieces);
      signal.throwIfAborted();
      const headers = { 'content-type': contentType(target.encoding) };
      if (beginning.isAll) {
        exchange.reply(200, headers, Buffer.concat(beginning.pieces));
      } else {
        const zip = request.acceptsGzip;
        await sendLong(exchange, { headers, beginning, pieces, zip });
      }
    } finally {
      await pieces.return();
    }
  }

  async #watch(
    exchange: Exchange,
    target: FeedTarget,
    { options, user }: { readonly options: ListOptions; readonly user: string },
  ): Promise<boolean> {
    const headers = { 'content-type': watchContentType(target.encoding) };
    exchange.signal.throwIfAborted();
    const leave = this.#admission.watch(user);
    if (typeof leave !== 'function') {
      exchange.fail(leave);
      return false;
    }
    const response = new WatchResponse(exchange, () => {
      this.#watches.delete(response);
      leave();
    });
    try {
      const started = await this.#store.watch({ ...target, ...options }, response);
      if (started.state === 'failed') {
        response.abandon();
        exchange.fail(statusOf(started));
        return false;
      }
      response.follow(started);
      exchange.signal.throwIfAborted();
      exchange.begin(200, headers, undefined);
      this.#watches.add(response);
      if (exchange.isHead || this.#isClosing) response.stop();
      return true;
    } catch (error) {
      response.abandon();
      throw error;
    }
  }
}

interface LongList {
  readonly headers: Readonly<Record<string, string>>;
  readonly beginning: Beginning;
  readonly pieces: AsyncGenerator<Uint8Array, void, void>;
  readonly zip: boolean;
}

async function sendLong(exchange: Exchange, { headers, beginning, pieces, zip }: LongList): Promise<void> {
  exchange.begin(
    200,
    { ...headers, vary: 'Accept-Encoding', ...(zip && { 'content-encoding': 'gzip' }) },
    exchange.limits.requestMs,
  );
  if (exchange.isHead) {
    exchange.response.end();
    return;
  }
  const body = continued(beginning, pieces);
  await sendBody(exchange, zip ? compressed(body) : body);
}

function contentType({ wire }: FeedEncoding): string {
  return wire === 'json' ? JSON_TYPE : PROTOBUF_TYPE;
}

function watchContentType({ wire }: FeedEncoding): string {
  return wire === 'json' ? JSON_TYPE : `${PROTOBUF_TYPE};stream=watch`;
}

function isIndented({ wire }: FeedEncoding, isWanted: boolean): boolean {
  return isWanted && wire === 'json';
}
