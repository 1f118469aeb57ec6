import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FeedAccessError } from '../../../src/feed/access/access-error.ts';
import type { FeedAccessEvent } from '../../../src/feed/access/access-event.ts';
import { FollowedFiles } from '../../../src/feed/access/followed-files.ts';
import { type TokenTable, tokenFile } from '../../../src/feed/access/token-table.ts';
import { until } from '../../rig/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Received } from '../../support/received.ts';
import { tempDirectory } from '../../support/temp-directory.ts';
import { NOBODY, bearer, opened, refusalOf, soon, userOf } from './access-fixture.ts';

const SECRET = 'hunter2-secret-token';

describe('the static token file', () => {
  it('knows users, uids and groups in the form of Kubernetes', async (test) => {
    const path = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(
      path,
      `${SECRET},jane,u-1,"dev, ops"\nother-token,bob,\nthird,root,0,"system:authenticated,x"\n`,
    );
    const { access } = await opened(test, { tokenFile: path });
    assert.deepEqual(userOf(await access.authenticate(bearer(SECRET), soon())), {
      name: 'jane',
      uid: 'u-1',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: {},
      method: 'token-file',
    });
    const bob = userOf(await access.authenticate(bearer('other-token'), soon()));
    assert.deepEqual([bob.name, bob.groups], ['bob', ['system:authenticated']]);
    const root = userOf(await access.authenticate(bearer('third'), soon()));
    assert.deepEqual(root.groups, ['system:authenticated', 'x']);
    for (const wrong of [`${SECRET}x`, SECRET.slice(0, -1), SECRET.toUpperCase(), 'x']) {
      assert.equal(
        refusalOf(await access.authenticate(bearer(wrong), soon())),
        'the bearer token is not known',
      );
    }
    assert.equal(access.stats.authentications['token-file'], 3);
    assert.equal(access.stats.authentications.refused, 4);
  });

  it('reads the header as the API server does', async (test) => {
    const path = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(path, `${SECRET},jane,1\n`);
    const { access } = await opened(test, { tokenFile: path });
    const by = (authorization: string | undefined) =>
      access.authenticate({ ...NOBODY, authorization }, soon());
    for (const header of [`bearer ${SECRET}`, `BEARER   ${SECRET} `]) {
      assert.equal(userOf(await by(header)).name, 'jane');
    }
    for (const header of [undefined, '', 'Bearer', 'Bearer  ']) {
      assert.equal(refusalOf(await by(header)), 'credentials are needed: a bearer token');
    }
    assert.match(refusalOf(await by('Basic amFuZTpwdw==')), /only bearer tokens/);
    assert.match(refusalOf(await by('Bearer a b')), /malformed/);
    assert.match(refusalOf(await by('Bearer \u00fc')), /malformed/);
    assert.match(refusalOf(await by(`Bearer ${'x'.repeat(20_000)}`)), /too long/);
  });

  it('is read again when it changes; a broken one keeps the old and is reported', async (test) => {
    const directory = await tempDirectory(test);
    const path = join(directory, 'tokens.csv');
    await writeFile(path, `${SECRET},jane,1\n`);
    const { access, events } = await opened(test, { tokenFile: path });
    const replace = async (text: string): Promise<void> => {
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    };
    await replace(`${SECRET},jane,1\nsecond-token,bob,2\n`);
    const loaded = await events.until('the new file', ({ event }) => event === 'feed.access.loaded');
    assert.deepEqual(loaded, {
      event: 'feed.access.loaded',
      what: '--feed-token-file',
      message: '2 token(s) are known',
    });
    assert.equal(userOf(await access.authenticate(bearer('second-token'), soon())).name, 'bob');

    await replace(`${SECRET},jane\n`);
    const rejected = await events.until('the broken file', ({ event }) => event === 'feed.access.rejected');
    assert.ok(rejected.event === 'feed.access.rejected');
    assert.match(rejected.message, /tokens\.csv: line 1: 2 column\(s\)/);
    assert.equal(access.stats.rejectedFiles, 1);
    assert.equal(userOf(await access.authenticate(bearer('second-token'), soon())).name, 'bob');

    await rm(path);
    await events.until('the missing file', (e) => 'message' in e && e.message.includes('ENOENT'));
    assert.equal(userOf(await access.authenticate(bearer(SECRET), soon())).name, 'jane');

    await replace('third-token,eve,3\n');
    await events.until('the good file', ({ event }) => event === 'feed.access.loaded');
    assert.equal(access.stats.rejectedFiles, 0);
    refusalOf(await access.authenticate(bearer(SECRET), soon()));
    assert.equal(userOf(await access.authenticate(bearer('third-token'), soon())).name, 'eve');
    const reports = JSON.stringify(events.all);
    for (const token of [SECRET, 'second-token', 'third-token']) assert.ok(!reports.includes(token));
  });

  it('is read again when it changed before it was followed', async (test) => {
    const path = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(path, 'old-token,jane,1\n');
    const files = await FollowedFiles.open(tokenFile(path), { clock: new FakeClock(), report: () => {} });
    await writeFile(path, 'new-token,jane,1\n');
    const changed = new Received<TokenTable>();
    files.onChange(changed.push);
    const stop = new AbortController();
    const running = files.run(stop.signal);
    const table = await changed.until('the new file', () => true);
    assert.equal(table.find('new-token')?.name, 'jane');
    assert.equal(files.value, table);
    stop.abort(new Error('the test is over'));
    await running;
  });

  it('is tried again where reading failed and no file changed', async (test) => {
    const path = join(await tempDirectory(test), 'tokens.csv');
    await writeFile(path, 'a-token,jane,1\n');
    const clock = new FakeClock();
    const set = tokenFile(path);
    const events = new Received<FeedAccessEvent>();
    let isFailing = false;
    const parse = (texts: readonly string[]): TokenTable => {
      if (isFailing) throw new FeedAccessError('a bad moment');
      return set.parse(texts);
    };
    const files = await FollowedFiles.open({ ...set, parse }, { clock, report: events.push });
    isFailing = true;
    const stop = new AbortController();
    const running = files.run(stop.signal);
    await events.until('the failure', ({ event }) => event === 'feed.access.rejected');
    assert.equal(files.problem, 'a bad moment');
    await until('the retry is due', () => clock.pending > 0);
    isFailing = false;
    await clock.advance(10_000);
    await events.until('the recovery', ({ event }) => event === 'feed.access.loaded');
    assert.equal(files.problem, undefined);
    stop.abort(new Error('the test is over'));
    await running;
    assert.equal(clock.pending, 0);
  });

  it('refuses files that it cannot use, by line and without their content', () => {
    const { parse } = tokenFile('/etc/tokens.csv');
    const broken: readonly [string, RegExp][] = [
      [`${SECRET},jane,1,a,b`, /line 1: 5 columns; put several groups in quotes/],
      [`good,x,1\n${SECRET},jane`, /line 2: 2 column\(s\); expected token,user,uid/],
      [`,jane,${SECRET}`, /line 1: the token is empty/],
      [`${SECRET} x,jane,1`, /line 1: the token is empty or holds characters/],
      [`${SECRET},,1`, /line 1: the user is empty/],
      [`${SECRET},a,1\nx,b,2\n${SECRET},c,3`, /line 3: the token of another line again/],
      [`"${SECRET},a,1`, /line 1: a quote/],
    ];
    for (const [text, message] of broken) {
      assert.throws(
        () => parse([text]),
        (error) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, /^--feed-token-file: \/etc\/tokens\.csv: /);
          assert.match(error.message, message);
          return !error.message.includes(SECRET);
        },
      );
    }
  });

  it('must be there at the start', async (test) => {
    const missing = join(await tempDirectory(test), 'none');
    await assert.rejects(opened(test, { tokenFile: missing }), {
      name: 'FeedAccessError',
      message: `--feed-token-file: ${missing} cannot be read (ENOENT)`,
    });
    await assert.rejects(opened(test, { tokenFile: '/dev/null' }), /is not a regular file/);
  });
});
