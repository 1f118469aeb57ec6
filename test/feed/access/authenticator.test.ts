import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Authenticator, type FeedCredentials } from '../../../src/feed/access/authenticator.ts';
import type { PresentedCertificate } from '../../../src/feed/access/client-certificate.ts';
import { tokenFile } from '../../../src/feed/access/token-table.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { NOBODY, bearer, opened, refusalOf, soon, userOf } from './access-fixture.ts';

const clock = new FakeClock();
const day = 86_400_000;
const certificate: Extract<PresentedCertificate, { state: 'verified' }> = {
  state: 'verified',
  commonNames: ['jane'],
  organizations: ['dev', 'ops'],
  notBefore: clock.now() - day,
  notAfter: clock.now() + day,
};

function chain(anonymous: 'never' | 'always' = 'never') {
  const table = tokenFile('/t').parse(['token-of-bob,bob,1']);
  const parts = { clock, certificates: true, tokens: () => table, reviewer: undefined, anonymous };
  const authenticator = new Authenticator(parts);
  return (credentials: Partial<FeedCredentials>) =>
    authenticator.authenticate({ ...NOBODY, ...credentials }, soon());
}

describe('anonymous access', () => {
  it('is for this machine where nothing else is configured, whatever it sends', async (test) => {
    const { access } = await opened(test, {});
    const by = (more: Partial<FeedCredentials>) => access.authenticate({ ...NOBODY, ...more }, soon());
    for (const more of [
      {},
      { authorization: 'Bearer x' },
      { host: '[::1]:80', remoteAddress: '::1' },
      { host: undefined },
    ]) {
      const user = userOf(await by(more));
      assert.deepEqual([user.name, user.groups], ['system:anonymous', ['system:unauthenticated']]);
    }
    assert.match(refusalOf(await by({ remoteAddress: '10.0.0.1' })), /only this machine/);
    assert.match(refusalOf(await by({ host: 'evil.example:8080' })), /Host header/);
  });

  it('is for all where it was asked for, but not for wrong credentials', async (test) => {
    const path = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(path, 'right,jane,1\n');
    const { access } = await opened(test, { tokenFile: path, anonymous: true });
    const from = { remoteAddress: '10.0.0.1', host: 'feed.example' };
    assert.equal(userOf(await access.authenticate({ ...NOBODY, ...from }, soon())).method, 'anonymous');
    assert.equal(userOf(await access.authenticate({ ...bearer('right'), ...from }, soon())).name, 'jane');
    refusalOf(await access.authenticate({ ...bearer('wrong'), ...from }, soon()));
  });
});

describe('the chain', () => {
  it('takes the certificate first, then the token', async () => {
    const by = chain();
    const user = userOf(await by({ certificate, authorization: 'Bearer token-of-bob' }));
    assert.deepEqual(user, {
      name: 'jane',
      uid: '',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: {},
      method: 'certificate',
    });
    assert.equal(userOf(await by({ certificate, authorization: 'Bearer wrong' })).name, 'jane');
    assert.equal(userOf(await by({ authorization: 'Bearer token-of-bob' })).name, 'bob');
    assert.equal(refusalOf(await by({})), 'credentials are needed: a client certificate or a bearer token');
  });

  it('refuses certificates that name nobody, or are out of their time', async () => {
    const wrong: readonly [PresentedCertificate, RegExp][] = [
      [{ ...certificate, commonNames: [] }, /no common name/],
      [{ ...certificate, commonNames: [''] }, /no common name/],
      [{ ...certificate, commonNames: ['jane', 'system:admin'] }, /more than one common name/],
      [{ ...certificate, notAfter: clock.now() - 1 }, /has expired/],
      [{ ...certificate, notBefore: clock.now() + 1 }, /not valid yet/],
      [{ ...certificate, notAfter: Number.NaN }, /has expired/],
      [{ state: 'unverified', problem: 'SELF_SIGNED' }, /not accepted \(SELF_SIGNED\)/],
    ];
    for (const anonymous of ['never', 'always'] as const) {
      const by = chain(anonymous);
      for (const [shown, reason] of wrong) {
        assert.match(refusalOf(await by({ certificate: shown })), reason);
        assert.equal(
          userOf(await by({ certificate: shown, authorization: 'Bearer token-of-bob' })).name,
          'bob',
        );
      }
    }
  });

  it('does not look at certificates that nobody asked for', async () => {
    const parts = { clock, certificates: false, tokens: undefined, reviewer: undefined };
    const closed = new Authenticator({ ...parts, anonymous: 'never' });
    refusalOf(await closed.authenticate({ ...NOBODY, certificate }, soon()));
  });
});
