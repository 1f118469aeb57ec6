import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type FeedAccessOptions,
  anonymousAccess,
  feedAccessProblems,
} from '../../../src/feed/access/access-options.ts';
import { openFeedAccess } from '../../../src/feed/access/feed-access.ts';
import { isLoopbackAuthority, isLoopbackHost } from '../../../src/feed/access/loopback.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { OPEN } from './access-fixture.ts';

const outside = { ...OPEN, host: '0.0.0.0' };
const tls = { tlsCertFile: '/c', tlsKeyFile: '/k' };

const good: readonly [string, Partial<FeedAccessOptions>][] = [
  ['loopback without anything', OPEN],
  ['loopback with tokens and no TLS', { ...OPEN, tokenFile: '/t' }],
  ['everywhere for everybody, asked for', { ...outside, anonymous: true }],
  ['everywhere with tokens over TLS', { ...outside, ...tls, tokenFile: '/t' }],
  ['everywhere with reviews over TLS', { ...outside, ...tls, tokenReview: true, tokenAudiences: ['feed'] }],
  ['everywhere with client certificates', { ...outside, ...tls, clientCaFile: '/ca' }],
  ['rules for the anonymous', { ...outside, anonymous: true, authorization: 'local-rbac' }],
];

const bad: readonly [string, Partial<FeedAccessOptions>, RegExp][] = [
  ['everywhere for everybody, not asked for', outside, /--feed-address \(0\.0\.0\.0\).*--feed-anonymous/],
  ['a name that is not the loopback', { ...OPEN, host: 'localhost.example' }, /--feed-anonymous/],
  ['everywhere over TLS alone', { ...outside, ...tls }, /--feed-anonymous/],
  ['tokens in the clear', { ...outside, tokenFile: '/t' }, /^--feed-token-file needs --feed-tls-cert-file/],
  ['reviews in the clear', { ...outside, tokenReview: true }, /^--feed-token-review needs --feed-tls-cert/],
  [
    'tokens in the clear though all may read',
    { ...outside, anonymous: true, tokenFile: '/t' },
    /readable by all/,
  ],
  [
    'a certificate without its key',
    { tlsCertFile: '/c' },
    /^--feed-tls-cert-file needs --feed-tls-key-file$/,
  ],
  ['a key without its certificate', { tlsKeyFile: '/k' }, /^--feed-tls-key-file needs --feed-tls-cert-file$/],
  [
    'client certificates without TLS',
    { clientCaFile: '/ca' },
    /^--feed-client-ca-file needs --feed-tls-cert/,
  ],
  ['an audience without reviews', { tokenAudiences: ['a'] }, /^--feed-token-audience is of no use without/],
  ['rules for nobody', { authorization: 'local-rbac' }, /^--feed-authorization local-rbac needs/],
];

describe('feedAccessProblems', () => {
  for (const [name, options] of good) {
    it(`accepts ${name}`, () => assert.deepEqual(feedAccessProblems({ ...OPEN, ...options }), []));
  }
  for (const [name, options, problem] of bad) {
    it(`refuses ${name}`, async () => {
      const problems = feedAccessProblems({ ...OPEN, ...options });
      assert.equal(problems.length, 1, problems.join('; '));
      assert.match(problems[0] ?? '', problem);
      const deps = { clock: systemClock, localApi: undefined, report: () => {} };
      await assert.rejects(openFeedAccess({ ...OPEN, ...options }, deps), {
        name: 'FeedAccessError',
        message: problem,
      });
    });
  }

  it('asks for the local API where it is needed', async () => {
    const deps = { clock: systemClock, localApi: undefined, report: () => {} };
    for (const options of [
      { tokenReview: true },
      { tokenFile: '/t', authorization: 'local-rbac' as const },
    ]) {
      await assert.rejects(
        openFeedAccess({ ...OPEN, ...options }, deps),
        /needs the API of the local cluster/,
      );
    }
  });
});

describe('anonymousAccess', () => {
  it('is for the loopback without authentication, or for all who ask for it', () => {
    assert.equal(anonymousAccess(OPEN), 'loopback');
    assert.equal(anonymousAccess({ ...OPEN, host: 'localhost' }), 'loopback');
    assert.equal(anonymousAccess({ ...OPEN, tokenFile: '/t' }), 'never');
    assert.equal(anonymousAccess({ ...OPEN, clientCaFile: '/ca' }), 'never');
    assert.equal(anonymousAccess({ ...outside, tokenReview: true }), 'never');
    assert.equal(anonymousAccess({ ...outside, tokenReview: true, anonymous: true }), 'always');
  });
});

describe('loopback', () => {
  it('knows hosts and authorities', () => {
    for (const host of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', 'localhost', 'LocalHost']) {
      assert.equal(isLoopbackHost(host), true, host);
    }
    for (const host of [
      '',
      '0.0.0.0',
      '::',
      '128.0.0.1',
      '::ffff:10.0.0.1',
      'fe80::1%lo',
      'localhost.evil.com',
      '127.0.0.1.nip.io',
    ]) {
      assert.equal(isLoopbackHost(host), false, host);
    }
    for (const host of ['localhost', 'localhost:8080', '127.0.0.1:1', '[::1]', '[::1]:8080']) {
      assert.equal(isLoopbackAuthority(host), true, host);
    }
    for (const host of [
      '',
      'evil.com',
      'evil.com:80',
      'localhost:80:90',
      '[::2]:80',
      '::1',
      'localhost@evil.com',
      'user@localhost',
    ]) {
      assert.equal(isLoopbackAuthority(host), false, host);
    }
  });
});
