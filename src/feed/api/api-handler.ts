import type { FeedAccess } from '../access/feed-access.ts';
import type { FeedAttributes } from '../access/feed-attributes.ts';
import type { FeedUser } from '../access/feed-user.ts';
import type { FeedView } from '../feed-object.ts';
import { type FeedStore, SlowReaderError } from '../feed-store.ts';
import { FEED_RESOURCES } from '../objects/feed-resources.ts';
import type { Admission, Leave } from './admission.ts';
import { answerDocument } from './document-answer.ts';
import type { ApiDocuments } from './api-documents.ts';
import {
  type ApiRoute,
  type DocumentRoute,
  type HealthRoute,
  type ObjectsRoute,
  routeOf,
} from './api-route.ts';
import {
  badRequest,
  forbidden,
  headersTooLarge,
  internalError,
  methodNotAllowed,
  notFound,
  timedOut,
  unauthorized,
  unavailable,
  unknownPath,
  uriTooLong,
  type StatusSubject,
} from './api-status.ts';
import { StalledError } from './answer-body.ts';
import { ClientGoneError, type Exchange, OvertimeError } from './exchange.ts';
import { isWatch, ParameterError, prettyOf, selectedName } from './list-options.ts';
import type { ObjectsAnswer, ObjectsQuestion } from './objects-answer.ts';
import { parseTarget, type RequestTarget } from './request-target.ts';
import type { Rejection } from './server-counters.ts';
import type { FailureStatus } from '../objects/status-object.ts';

export interface ApiHandlerParts {
  readonly store: FeedStore;
  readonly access: Pick<FeedAccess, 'authenticate' | 'authorize'>;
  readonly documents: ApiDocuments;
  readonly objects: ObjectsAnswer;
  readonly admission: Admission;
  /** Whether `/readyz` says so. */
  readonly ready: () => boolean;
  /** Something that should not happen did; the client was told nothing of it. */
  readonly onError: (error: unknown) => void;
}

/** Answers one request after another: who asks, may they, what do they ask for. Every answer that is no success is a Status. */
export class ApiHandler {
  readonly #parts: ApiHandlerParts;

  constructor(parts: ApiHandlerParts) {
    this.#parts = parts;
  }

  /** Resolves when the answer was given, or a watch began. Rejects where even the failure could not be told. */
  async serve(exchange: Exchange): Promise<void> {
    let isWatching = false;
    try {
      isWatching = await this.#answer(exchange);
    } catch (error) {
      this.#failed(exchange, error);
    }
    exchange.count();
    if (!isWatching) exchange.done();
  }

  /** Resolves with whether the answer goes on as a watch. */
  async #answer(exchange: Exchange): Promise<boolean> {
    const { request } = exchange;
    const isRead = request.method === 'GET' || exchange.isHead;
    if (!isRead) exchange.verb = 'other';
    const target = readTarget(exchange);
    if (target === undefined) return false;
    const { segments, query } = target === 'no such path' ? NOWHERE : target;
    const pretty = prettyOf(query);
    if (pretty !== undefined) exchange.pretty = pretty ? 'asked' : 'no';
    const route: ApiRoute = target === 'no such path' ? { kind: 'none', hint: '' } : routeOf(segments);
    name(exchange, route, query);
    if (route.kind === 'health' && isRead) {
      this.#answerHealth(exchange, route);
      return false;
    }
    const leave = this.#parts.admission.request();
    if (typeof leave !== 'function') {
      exchange.fail(leave);
      return false;
    }
    return held(exchange, leave, () => this.#answerUser(exchange, route, query));
  }

  async #answerUser(exchange: Exchange, route: ApiRoute, query: URLSearchParams): Promise<boolean> {
    const { request, signal } = exchange;
    const found = await this.#parts.access.authenticate(request.credentials, signal);
    if (found.outcome === 'refused') {
      exchange.fail(unauthorized(found.reason), { 'www-authenticate': 'Bearer realm="fedsyncd"' });
      return false;
    }
    if (found.outcome === 'unavailable') {
      exchange.fail(unavailable(found.reason, Math.ceil(found.retryAfterMs / 1000)));
      return false;
    }
    if (route.kind === 'none') {
      exchange.fail(unknownPath(route.hint));
      return false;
    }
    if (exchange.verb === 'other') {
      exchange.fail(methodNotAllowed(request.method), { allow: 'GET, HEAD' });
      return false;
    }
    const { user } = found;
    const leave = this.#parts.admission.requestOf(user.name);
    if (typeof leave !== 'function') {
      exchange.fail(leave);
      return false;
    }
    return held(exchange, leave, async () => {
      if (route.kind === 'objects') return this.#answerObjects(exchange, route, { user, query });
      if (route.kind === 'document') await this.#answerDocument(exchange, route, { user, query });
      return false;
    });
  }

  async #answerDocument(
    exchange: Exchange,
    route: DocumentRoute,
    { user, query }: ObjectsQuestion,
  ): Promise<void> {
    const attributes = { kind: 'path', path: route.path } as const;
    if (!(await this.#isAllowed(exchange, user, attributes)) || !this.#exists(exchange, route.view)) return;
    answerDocument(exchange, this.#parts.documents, route, query);
  }

  async #answerObjects(
    exchange: Exchange,
    route: ObjectsRoute,
    { user, query }: ObjectsQuestion,
  ): Promise<boolean> {
    const { resource, namespace = '', view } = route;
    const name = route.name ?? selectedName(query.get('fieldSelector') ?? '', resource);
    const verb = exchange.verb === 'other' ? 'get' : exchange.verb;
    const cluster = view.view === 'cluster' ? view.cluster : undefined;
    const attributes = {
      kind: 'resource',
      verb,
      resource: resource.plural,
      namespace,
      name,
      cluster,
    } as const;
    if (!(await this.#isAllowed(exchange, user, attributes)) || !this.#exists(exchange, view)) return false;
    return this.#parts.objects.answer(exchange, route, { user, query });
  }

  /** Answers with 403 or 503 where the user may not, or nobody can tell. */
  async #isAllowed(exchange: Exchange, user: FeedUser, attributes: FeedAttributes): Promise<boolean> {
    const decision = await this.#parts.access.authorize(user, attributes, exchange.signal);
    if (decision.outcome === 'denied') {
      exchange.fail(forbidden(decision.reason, subjectOf(attributes)));
    } else if (decision.outcome === 'unavailable') {
      exchange.fail(unavailable(decision.reason, Math.ceil(decision.retryAfterMs / 1000)));
    }
    return decision.outcome === 'allowed';
  }

  /** Answers with 404 where the cluster of the view is not known. */
  #exists(exchange: Exchange, view: FeedView): boolean {
    if (view.view === 'merged' || this.#parts.store.hasCluster(view.cluster)) return true;
    const { group, plural } = FEED_RESOURCES.remoteclusters;
    exchange.fail(notFound({ group, resource: plural, name: view.cluster }));
    return false;
  }

  #answerHealth(exchange: Exchange, { check }: HealthRoute): void {
    if (check === 'readyz' && !this.#parts.ready()) {
      exchange.fail(unavailable('the remote clusters are still being read for the first time'));
    } else {
      exchange.reply(200, { 'content-type': 'text/plain; charset=utf-8' }, OK);
    }
  }

  #failed(exchange: Exchange, error: unknown): void {
    const { signal, counters, hasBegun } = exchange;
    const cause: unknown = signal.aborted ? signal.reason : error;
    if (cause instanceof ClientGoneError) return;
    if (hasBegun) {
      if (cause instanceof StalledError) counters.cutOff('stalled');
      else if (cause instanceof SlowReaderError) counters.cutOff('slow');
      else if (cause instanceof OvertimeError) counters.cutOff('overtime');
      else this.#parts.onError(cause);
      exchange.cut();
    } else if (cause instanceof OvertimeError || cause instanceof SlowReaderError) {
      exchange.fail(timedOut('the request could not be answered in time'));
    } else if (cause instanceof ParameterError) {
      exchange.fail(badRequest(cause.message));
    } else {
      this.#parts.onError(cause);
      exchange.fail(internalError());
    }
  }
}

/**
 * Keeps the place of a request until its answer is taken: one that is not costs memory, and a client can ask for many without taking any.
 * A watch has a place of its own. `answer` resolves with whether there is a watch.
 */
async function held(exchange: Exchange, leave: Leave, answer: () => Promise<boolean>): Promise<boolean> {
  let isWatching = false;
  try {
    isWatching = await answer();
    return isWatching;
  } finally {
    if (isWatching) leave();
    else exchange.whenTaken(leave);
  }
}

function subjectOf(attributes: FeedAttributes): StatusSubject | undefined {
  if (attributes.kind === 'path') return undefined;
  const { resource, name } = attributes;
  return { group: FEED_RESOURCES[resource].group, resource, name };
}

const OK = Buffer.from('ok');
const NOWHERE = { segments: [], query: new URLSearchParams() } as const;

/** What is asked for; undefined = the request cannot be looked at, and was answered so. */
function readTarget(exchange: Exchange): RequestTarget | 'no such path' | undefined {
  const { request, limits, counters } = exchange;
  const refuse = (why: Rejection, status: FailureStatus): undefined => {
    counters.rejected(why);
    exchange.fail(status);
  };
  if (request.headerBytes > limits.headerBytes) {
    return refuse('headers', headersTooLarge(limits.headerBytes));
  }
  if (request.target.length > limits.urlBytes) return refuse('url', uriTooLong(limits.urlBytes));
  if (request.lacksHost) return refuse('malformed', badRequest('the Host header is missing'));
  const target = parseTarget(request.target);
  return target === 'malformed'
    ? refuse('malformed', badRequest('the request target is not a URL that can be read'))
    : target;
}

/** For the statistics, and for the form of a Status. */
function name(exchange: Exchange, route: ApiRoute, query: URLSearchParams): void {
  switch (route.kind) {
    case 'objects':
      exchange.resource = route.resource.plural;
      exchange.hasProtobuf = route.resource.protobuf;
      if (exchange.verb !== 'other' && route.name === undefined) {
        exchange.verb = isWatch(query) ? 'watch' : 'list';
      }
      break;
    case 'health':
      exchange.resource = 'health';
      break;
    case 'document':
      exchange.resource = route.path.startsWith('/openapi') ? 'openapi' : 'discovery';
      break;
    case 'none':
      break;
  }
}
