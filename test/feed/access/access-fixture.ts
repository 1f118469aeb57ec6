import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type LocalApi, WriteError, type WriteOptions } from '../../../src/contract/local-api.ts';
import type { FeedAccessEvent } from '../../../src/feed/access/access-event.ts';
import type { FeedAccessOptions } from '../../../src/feed/access/access-options.ts';
import type { FeedCredentials } from '../../../src/feed/access/authenticator.ts';
import { type FeedAccess, openFeedAccess } from '../../../src/feed/access/feed-access.ts';
import type { Authentication, FeedUser } from '../../../src/feed/access/feed-user.ts';
import type { JsonObject } from '../../../src/model/json-field.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Received } from '../../support/received.ts';

/** Loopback, no TLS, nobody has to prove anything. */
export const OPEN: FeedAccessOptions = {
  host: '127.0.0.1',
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
  clientCaFile: undefined,
  tokenFile: undefined,
  tokenReview: false,
  tokenAudiences: [],
  authorization: 'all',
  anonymous: false,
};

/** A request from this machine without credentials. */
export const NOBODY: FeedCredentials = {
  authorization: undefined,
  certificate: undefined,
  remoteAddress: '127.0.0.1',
  host: 'localhost:8080',
};

export function bearer(token: string): FeedCredentials {
  return { ...NOBODY, authorization: `Bearer ${token}` };
}

export function soon(): AbortSignal {
  return AbortSignal.timeout(20_000);
}

export interface Opened {
  readonly access: FeedAccess;
  readonly events: Received<FeedAccessEvent>;
}

/** An access whose files are followed until the test is over. */
export async function opened(
  test: TestContext,
  options: Partial<FeedAccessOptions>,
  deps: { readonly localApi?: LocalApi; readonly clock?: Clock } = {},
): Promise<Opened> {
  const events = new Received<FeedAccessEvent>();
  const access = await openFeedAccess(
    { ...OPEN, ...options },
    { clock: deps.clock ?? systemClock, localApi: deps.localApi, report: events.push },
  );
  const stop = new AbortController();
  const running = access.run(stop.signal);
  test.after(async () => {
    stop.abort(new Error('the test is over'));
    await running;
  });
  return { access, events };
}

export function userOf(authentication: Authentication): FeedUser {
  assert.equal(authentication.outcome, 'user', JSON.stringify(authentication));
  assert.ok(authentication.outcome === 'user');
  return authentication.user;
}

export function refusalOf(authentication: Authentication): string {
  assert.ok(authentication.outcome === 'refused', JSON.stringify(authentication));
  return authentication.reason;
}

/** Answers reviews as a test says; what was asked is kept. Everything but `create` fails the test. */
export class ReviewApi implements LocalApi {
  readonly server = 'https://local';
  readonly asked: { readonly path: string; readonly object: JsonObject }[] = [];
  /** Makes the `status`, or throws. */
  answer: (spec: JsonObject, path: string) => JsonObject | Promise<JsonObject> = () => ({});

  async create(path: string, object: JsonObject, { signal }: WriteOptions): Promise<JsonObject> {
    signal.throwIfAborted();
    this.asked.push({ path, object });
    return { ...object, status: await this.answer(object['spec'] as JsonObject, path) };
  }

  get = unused;
  list = unused;
  follow = unused;
  replace = unused;
  merge = unused;
  remove = unused;
}

function unused(): Promise<never> {
  return Promise.reject(new Error('the feed only creates reviews'));
}

export function unreachable(message = 'create: no connection'): WriteError {
  return new WriteError('failed', message);
}
