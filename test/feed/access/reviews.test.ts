import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WriteError } from '../../../src/contract/local-api.ts';
import type { ResourceAttributes } from '../../../src/feed/access/feed-attributes.ts';
import type { FeedUser } from '../../../src/feed/access/feed-user.ts';
import { FakeClock, turn } from '../../support/fake-clock.ts';
import {
  type Opened,
  ReviewApi,
  bearer,
  opened,
  refusalOf,
  soon,
  unreachable,
  userOf,
} from './access-fixture.ts';

const SECRET = 'eyJhbGciOi-secret';

function accepted(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    authenticated: true,
    user: { username: name, uid: 'u', groups: ['g', 'system:authenticated'] },
    ...more,
  };
}

async function reviewing(
  test: TestContext,
  tokenAudiences: readonly string[] = [],
): Promise<Opened & { api: ReviewApi; clock: FakeClock }> {
  const api = new ReviewApi();
  const clock = new FakeClock();
  return {
    api,
    clock,
    ...(await opened(test, { tokenReview: true, tokenAudiences }, { localApi: api, clock })),
  };
}

describe('TokenReview', () => {
  it('asks once for all at the same time and remembers for 2 min', async (test) => {
    const { api, clock, access } = await reviewing(test);
    const { promise, resolve } = Promise.withResolvers<void>();
    api.answer = async () => {
      await promise;
      return accepted('jane', {
        user: { username: 'jane', uid: 'u', groups: ['g'], extra: { scopes: ['a', 'b'] } },
      });
    };
    const asking = Array.from({ length: 50 }, () => access.authenticate(bearer(SECRET), soon()));
    await turn();
    resolve();
    for (const answer of await Promise.all(asking)) {
      assert.deepEqual(userOf(answer), {
        name: 'jane',
        uid: 'u',
        groups: ['g'],
        extra: { scopes: ['a', 'b'] },
        method: 'token-review',
      });
    }
    assert.deepEqual(api.asked, [
      {
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        object: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: SECRET } },
      },
    ]);
    await clock.advance(119_999);
    userOf(await access.authenticate(bearer(SECRET), soon()));
    assert.equal(api.asked.length, 1);
    await clock.advance(1);
    api.answer = () => ({ authenticated: false });
    refusalOf(await access.authenticate(bearer(SECRET), soon()));
    assert.equal(api.asked.length, 2);
  });

  it('remembers a refusal for 10 s', async (test) => {
    const { api, clock, access } = await reviewing(test);
    api.answer = () => ({ authenticated: false, error: `bad token ${SECRET}` });
    for (const ms of [0, 9_999]) {
      await clock.advance(ms);
      const reason = refusalOf(await access.authenticate(bearer(SECRET), soon()));
      assert.equal(reason, 'the bearer token is not accepted by the local cluster');
    }
    assert.equal(api.asked.length, 1);
    await clock.advance(1);
    api.answer = () => accepted('jane');
    userOf(await access.authenticate(bearer(SECRET), soon()));
    assert.equal(api.asked.length, 2);
  });

  it('accepts only tokens of its audiences, and of servers that know audiences', async (test) => {
    const { api, access } = await reviewing(test, ['feed', 'fedsyncd']);
    const tries: readonly [string, Record<string, unknown>, boolean][] = [
      ['a', { audiences: ['fedsyncd'] }, true],
      ['b', { audiences: ['other'] }, false],
      ['c', {}, false],
      ['d', { audiences: 'feed' }, false],
    ];
    for (const [token, status, isAccepted] of tries) {
      api.answer = () => accepted('jane', status);
      const { outcome } = await access.authenticate(bearer(token), soon());
      assert.equal(outcome, isAccepted ? 'user' : 'refused', token);
    }
    assert.deepEqual(api.asked[0]?.object['spec'], { token: 'a', audiences: ['feed', 'fedsyncd'] });
  });

  it('takes no user from an answer without a name', async (test) => {
    const { api, access } = await reviewing(test);
    for (const [i, user] of [undefined, {}, { username: '' }, { username: 7 }, 'x'].entries()) {
      api.answer = () => ({ authenticated: true, user });
      refusalOf(await access.authenticate(bearer(`t${i}`), soon()));
    }
    api.answer = () => ({ ...accepted('jane'), authenticated: 'true' });
    refusalOf(await access.authenticate(bearer('f'), soon()));
  });

  it('says unavailable where there is no answer, remembers nothing, and never shows a token', async (test) => {
    const { api, clock, access, events } = await reviewing(test);
    api.answer = () => Promise.reject(unreachable(`create: echo ${SECRET}`));
    for (let i = 0; i < 3; i++) {
      const answer = await access.authenticate(bearer(SECRET), soon());
      assert.ok(answer.outcome === 'unavailable');
      assert.match(answer.reason, /TokenReview of the local cluster is not available now/);
      assert.ok(!answer.reason.includes(SECRET));
      assert.equal(answer.retryAfterMs, 1000);
    }
    assert.equal(api.asked.length, 3);
    assert.deepEqual(events.all, [
      { event: 'feed.review.failed', review: 'TokenReview', message: 'create: echo (token)' },
    ]);
    api.answer = () => accepted('jane');
    userOf(await access.authenticate(bearer(SECRET), soon()));
    assert.deepEqual(events.last, { event: 'feed.review.resumed', review: 'TokenReview' });
    assert.deepEqual(access.stats.tokenReviews, { asked: 4, failed: 3, cached: 1 });

    // One that comes and goes is said at most every 30 s, and its end only where its begin was.
    for (let i = 0; i < 10; i++) {
      api.answer = () => Promise.reject(unreachable(`failure ${i}`));
      await access.authenticate(bearer(`x${i}`), soon());
      api.answer = () => accepted('jane');
      await access.authenticate(bearer(`y${i}`), soon());
    }
    assert.equal(events.all.length, 2);
    await clock.advance(30_000);
    api.answer = () => Promise.reject(new WriteError('throttled', 'slow down', 7_000));
    const answer = await access.authenticate(bearer('z'), soon());
    assert.ok(answer.outcome === 'unavailable');
    assert.equal(answer.retryAfterMs, 7_000);
    assert.deepEqual(events.last, {
      event: 'feed.review.failed',
      review: 'TokenReview',
      message: 'slow down',
    });
  });

  it('gives up a silent API after 10 s, and whoever waits may go before', async (test) => {
    const { api, clock, access } = await reviewing(test);
    api.answer = () => new Promise<never>(() => {});
    const gone = new AbortController();
    const leaving = access.authenticate(bearer(SECRET), gone.signal);
    const waiting = access.authenticate(bearer(SECRET), soon());
    await turn();
    gone.abort(new Error('the client is gone'));
    await assert.rejects(leaving, /the client is gone/);
    await clock.advance(10_000);
    const answer = await waiting;
    assert.ok(answer.outcome === 'unavailable');
    assert.match(answer.reason, /no answer within 10 s/);
    assert.equal(api.asked.length, 1);
  });

  it('is bounded under a flood of tokens: requests, waiters and memory', async (test) => {
    const { api, access } = await reviewing(test);
    api.answer = () => accepted('jane');
    userOf(await access.authenticate(bearer('good'), soon()));
    const { promise, resolve } = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    api.answer = async () => {
      most = Math.max(most, ++running);
      await promise;
      running--;
      return { authenticated: false };
    };
    const flood = Array.from({ length: 1000 }, (_, i) => access.authenticate(bearer(`t${i}`), soon()));
    await turn();
    resolve();
    const outcomes = (await Promise.all(flood)).map(({ outcome }) => outcome);
    assert.equal(most, 16);
    assert.equal(outcomes.filter((outcome) => outcome === 'refused').length, 128);
    assert.equal(outcomes.filter((outcome) => outcome === 'unavailable').length, 872);

    api.answer = () => ({ authenticated: false });
    for (let i = 0; i < 5000; i++) refusalOf(await access.authenticate(bearer(`u${i}`), soon()));
    assert.equal(access.stats.tokenReviews?.cached, 4096 + 1);
    const { length } = api.asked;
    userOf(await access.authenticate(bearer('good'), soon()));
    assert.equal(api.asked.length, length, 'a flood of refusals pushes out no accepted token');
  });
});

const jane: FeedUser = {
  name: 'jane',
  uid: 'u-1',
  groups: ['dev'],
  extra: { k: ['v'] },
  method: 'token-review',
};
const listSlices: ResourceAttributes = {
  kind: 'resource',
  verb: 'list',
  resource: 'endpointslices',
  namespace: 'shop',
  name: '',
  cluster: undefined,
};

async function ruled(test: TestContext): Promise<Opened & { api: ReviewApi; clock: FakeClock }> {
  const api = new ReviewApi();
  const clock = new FakeClock();
  const options = { tokenReview: true, authorization: 'local-rbac' } as const;
  return { api, clock, ...(await opened(test, options, { localApi: api, clock })) };
}

describe('SubjectAccessReview', () => {
  it('asks for group fedsyncd.io with all that is known of the user', async (test) => {
    const { api, access, clock } = await ruled(test);
    api.answer = () => ({ allowed: true });
    for (const ms of [0, 59_999, 1]) {
      await clock.advance(ms);
      assert.deepEqual(await access.authorize(jane, listSlices, soon()), { outcome: 'allowed' });
    }
    assert.equal(api.asked.length, 2, 'once, and again after a minute');
    assert.deepEqual(api.asked[0], {
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      object: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'jane',
          groups: ['dev'],
          uid: 'u-1',
          extra: { k: ['v'] },
          resourceAttributes: {
            group: 'fedsyncd.io',
            version: 'v1alpha1',
            resource: 'endpointslices',
            verb: 'list',
            namespace: 'shop',
            name: '',
          },
        },
      },
    });
  });

  it('keeps users and questions apart', async (test) => {
    const { api, access } = await ruled(test);
    api.answer = () => ({ allowed: true });
    const users = [
      jane,
      { ...jane, name: 'bob' },
      { ...jane, groups: ['ops'] },
      { ...jane, uid: '' },
      { ...jane, extra: {} },
    ];
    const questions = [
      listSlices,
      { ...listSlices, verb: 'watch' as const },
      { ...listSlices, namespace: '' },
      { ...listSlices, name: 'shop', namespace: '' },
      { ...listSlices, resource: 'services' as const },
      { ...listSlices, cluster: 'east' },
    ];
    for (const user of users)
      for (const question of questions) await access.authorize(user, question, soon());
    assert.equal(api.asked.length, users.length * questions.length);
  });

  it('refuses in the words of the API server, for 10 s', async (test) => {
    const { api, access, clock } = await ruled(test);
    api.answer = () => ({ allowed: false, reason: 'an inner detail', evaluationError: 'another' });
    assert.deepEqual(await access.authorize(jane, listSlices, soon()), {
      outcome: 'denied',
      reason:
        'endpointslices.fedsyncd.io is forbidden: User "jane" cannot list resource "endpointslices" in API group "fedsyncd.io" in the namespace "shop"',
    });
    const get = {
      ...listSlices,
      verb: 'get' as const,
      resource: 'hostendpoints' as const,
      namespace: '',
      name: 'h\u001b[1m',
    };
    assert.deepEqual(await access.authorize(jane, get, soon()), {
      outcome: 'denied',
      reason:
        'hostendpoints.fedsyncd.io "h [1m" is forbidden: User "jane" cannot get resource "hostendpoints" in API group "fedsyncd.io" at the cluster scope',
    });
    await clock.advance(10_000);
    api.answer = () => ({ allowed: true });
    assert.equal((await access.authorize(jane, listSlices, soon())).outcome, 'allowed');
    assert.deepEqual(access.stats.decisions, { allowed: 1, denied: 2, unavailable: 0 });
  });

  it('asks for the view of a cluster by a subresource, then for the merged view', async (test) => {
    const { api, access } = await ruled(test);
    const rights: string[] = [];
    api.answer = ({ resourceAttributes }) => {
      const { resource, subresource, name } = resourceAttributes as Record<string, string | undefined>;
      rights.push(`${resource}/${subresource ?? ''}/${name ?? ''}`);
      return { allowed: subresource === 'cluster' && name === 'east', denied: name === 'north' };
    };
    const east = { ...listSlices, cluster: 'east', name: 'web', verb: 'get' as const };
    assert.equal((await access.authorize(jane, east, soon())).outcome, 'allowed');
    const west = await access.authorize(jane, { ...listSlices, cluster: 'west' }, soon());
    assert.deepEqual(west, {
      outcome: 'denied',
      reason:
        'endpointslices.fedsyncd.io "west" is forbidden: User "jane" cannot list resource "endpointslices/cluster" in API group "fedsyncd.io" in the namespace "shop"',
    });
    const north = await access.authorize(jane, { ...listSlices, cluster: 'north' }, soon());
    assert.equal(north.outcome, 'denied');
    assert.deepEqual(rights, [
      'endpointslices/cluster/east',
      'endpointslices/cluster/west',
      'endpointslices//',
      'endpointslices/cluster/north',
    ]);
  });

  it('says unavailable where there is no answer', async (test) => {
    const { api, access, events } = await ruled(test);
    api.answer = () => Promise.reject(new WriteError('forbidden', 'subjectaccessreviews is forbidden'));
    const answer = await access.authorize(jane, listSlices, soon());
    assert.equal(answer.outcome, 'unavailable');
    assert.deepEqual(events.last, {
      event: 'feed.review.failed',
      review: 'SubjectAccessReview',
      message: 'subjectaccessreviews is forbidden',
    });
  });

  it('asks nobody for discovery, and nobody at all with `all`', async (test) => {
    const { api, access } = await ruled(test);
    const path = async (text: string): Promise<string> =>
      (await access.authorize(jane, { kind: 'path', path: text }, soon())).outcome;
    for (const open of [
      '/',
      '/version',
      '/api',
      '/apis/fedsyncd.io/v1alpha1',
      '/openapi/v3',
      '/healthz',
      '/livez',
      '/readyz/ping',
    ]) {
      assert.equal(await path(open), 'allowed', open);
    }
    for (const other of ['/metrics', '/apisx', '/versions', '', '/debug/pprof']) {
      assert.equal(await path(other), 'denied', other);
    }
    const all = await opened(test, { tokenReview: true }, { localApi: api });
    assert.equal((await all.access.authorize(jane, listSlices, soon())).outcome, 'allowed');
    assert.equal(api.asked.length, 0);
  });
});
